package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.refused;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;

class JsonTest {
  @Test
  void readsWhatIsThere() throws Exception {
    Json json =
        parse(
            """
            {"text":"Ada","bytes":"AQID","hex":"0aff","number":7,"yes":true,"none":null,
             "time":"2026-02-28T23:59:59Z","list":[{"a":1}],
             "uuid":"6f1c2f0e-53f5-4c11-9d2b-1a2b3c4d5e6f"}
            """);
    assertThat(json.at("text").text(3)).isEqualTo("Ada");
    assertThat(json.at("bytes").bytes(3)).containsExactly(1, 2, 3);
    assertThat(json.at("hex").hex(2)).containsExactly(10, 255);
    assertThat(json.at("number").number(0, 7)).isEqualTo(7);
    assertThat(json.at("yes").bool()).isTrue();
    assertThat(json.nullable("none")).isEmpty();
    assertThat(json.nullable("number")).isPresent();
    assertThat(json.at("time").time()).hasToString("2026-02-28T23:59:59Z");
    assertThat(json.at("uuid").uuid()).hasToString("6f1c2f0e-53f5-4c11-9d2b-1a2b3c4d5e6f");
    assertThat(json.at("list").list(1, 1).getFirst().at("a").number(1, 1)).isEqualTo(1);
    assertThat(json.names()).hasSize(9);
  }

  @Test
  void strictAboutTheDocument() {
    for (String text :
        List.of(
            "",
            " ",
            "{",
            "{}{}",
            "{} x",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":NaN}",
            "{\"a\":1e400}",
            "[-1e400]",
            "4e44000000005740",
            "{\"a\":1,}",
            "[1,]",
            "// comment\n{}",
            "{\"a\":\"\t\"}",
            "\uFEFF{}",
            "[".repeat(40) + "]".repeat(40),
            "{\"a\":123456789012345678901234567890}")) {
      refused(Code.MALFORMED, () -> parse(text));
    }
  }

  @Test
  void strictAboutTheEncoding() {
    byte[] broken = "{\"a\":\"x\"}".getBytes(StandardCharsets.UTF_8);
    broken[6] = (byte) 0xC0;
    refused(Code.MALFORMED, () -> Json.parse(broken, "test", 100));
    refused(
        Code.MALFORMED, () -> Json.parse("{}".getBytes(StandardCharsets.UTF_16BE), "test", 100));
  }

  @Test
  void sizeIsCheckedBeforeAnythingIsRead() {
    byte[] large = new byte[101];
    Arrays.fill(large, (byte) '{');
    refused(Code.TOO_LARGE, () -> Json.parse(large, "test", 100));
  }

  @Test
  void valuesAreCounted() throws Exception {
    Json.parseMessage(values(900), "test", 1 << 20);
    refused(Code.MALFORMED, () -> Json.parseMessage(values(1_100), "test", 1 << 20));
    Json.parse(values(900_000), "test", 8 << 20);
    refused(Code.MALFORMED, () -> Json.parse(values(1_100_000), "test", 8 << 20));
  }

  private static byte[] values(int count) {
    return ("[" + "0,".repeat(count - 1) + "0]").getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void membersAreExactlyThose() throws Exception {
    Json json = parse("{\"a\":1,\"b\":2}");
    json.members("b", "a");
    refused(Code.MALFORMED, () -> json.members("a"));
    refused(Code.MALFORMED, () -> json.members("a", "b", "c"));
    refused(Code.MALFORMED, () -> json.at("c"));
    refused(Code.MALFORMED, () -> json.nullable("c"));
    refused(Code.MALFORMED, () -> parse("[]").members());
  }

  @Test
  void typesAreExactlyThose() throws Exception {
    Json json = parse("{\"s\":\"1\",\"n\":1,\"f\":1.0,\"e\":1e2,\"z\":null,\"b\":true}");
    for (String name : List.of("s", "f", "e", "z", "b")) {
      refused(Code.MALFORMED, () -> json.at(name).number(0, 1000));
    }
    for (String name : List.of("n", "f", "z", "b")) {
      refused(Code.MALFORMED, () -> json.at(name).text(10));
      refused(Code.MALFORMED, () -> json.at(name).bytes(1));
    }
    refused(Code.MALFORMED, () -> json.at("s").bool());
    refused(Code.MALFORMED, () -> json.at("s").list(0, 1));
    refused(Code.MALFORMED, () -> json.at("s").names());
    refused(Code.MALFORMED, () -> json.at("n").number(2, 3));
    refused(Code.MALFORMED, () -> parse("9223372036854775808").number(0, Long.MAX_VALUE));
    refused(Code.MALFORMED, () -> parse("[1,2]").list(0, 1));
    refused(Code.MALFORMED, () -> parse("[]").list(1, 1));
  }

  @Test
  void textsThatCouldDriveATerminalAreRefused() throws Exception {
    for (String text : List.of("\\u001b[2J", "a\\nb", "\\u202eabc", "\\ud800", "\\u2028", "")) {
      refused(Code.MALFORMED, () -> parse('"' + text + '"').text(20));
    }
    assertThat(parse("\"Größe 🛡\"").text(20)).isEqualTo("Größe 🛡");
    refused(Code.MALFORMED, () -> parse("\"abcd\"").text(3));
  }

  @Test
  void base64urlIsCanonical() throws Exception {
    // 0x01 is AQ; AR decodes to the same byte in lax readers.
    assertThat(parse("\"AQ\"").bytes(1)).containsExactly(1);
    for (String text : List.of("AR", "AQ==", "AQI=", "A", "A Q", "+w", "/w", "AQ\\n", "Ä")) {
      refused(Code.MALFORMED, () -> parse('"' + text + '"').bytes(0, 100));
    }
    // Three characters: two unused bits.
    assertThat(parse("\"AQI\"").bytes(2)).containsExactly(1, 2);
    refused(Code.MALFORMED, () -> parse("\"AQJ\"").bytes(0, 100));
    refused(Code.MALFORMED, () -> parse("\"AQID\"").bytes(2));
    refused(Code.MALFORMED, () -> parse("\"AQID\"").bytes(4));
  }

  @Test
  void hexTimesAndUuidsHaveOneForm() {
    for (String text : List.of("0A", "0", "000", "0g", "+1")) {
      refused(Code.MALFORMED, () -> parse('"' + text + '"').hex(1));
    }
    for (String text :
        List.of(
            "2026-02-30T00:00:00Z",
            "2026-02-28T00:00:00.5Z",
            "2026-02-28T00:00:00+00:00",
            "2026-02-28",
            "2026-02-28T24:00:01Z")) {
      refused(Code.MALFORMED, () -> parse('"' + text + '"').time());
    }
    for (String text : List.of("6F1C2F0E-53F5-4C11-9D2B-1A2B3C4D5E6F", "1-1-1-1-1", "{6f1c2f0e}")) {
      refused(Code.MALFORMED, () -> parse('"' + text + '"').uuid());
    }
    refused(Code.MALFORMED, () -> parse("\"AAAA\"").digest());
    refused(Code.MALFORMED, () -> parse("\"AAAA\"").keyId());
  }

  @Test
  void errorsNameThePlaceByItsPointer() throws Exception {
    Json json = parse("{\"a/b\":[{\"c~\":\"x\"}]}");
    ProtectorException refusal =
        Assertions.catchThrowableOfType(
            ProtectorException.class,
            () -> json.at("a/b").list(1, 1).getFirst().at("c~").number(0, 1));
    assertThat(refusal).hasMessageContaining("/a~1b/0/c~0").hasMessageContaining("an integer");
    assertThat(
            Assertions.catchThrowableOfType(
                ProtectorException.class, () -> parse("{\"a\":1,\n \"a\":2}")))
        .hasMessageContaining("line 2");
  }

  @Test
  void errorsOfAConfidentialDocumentQuoteNothing() throws Exception {
    String secret = "hunter2";
    Json json =
        Json.parseConfidential(
            ("{\"" + secret + "\":1,\"format\":\"" + secret + "\"}")
                .getBytes(StandardCharsets.UTF_8),
            "key",
            1000);
    assertQuotesNothing(() -> json.members("format"), secret);
    assertQuotesNothing(() -> json.format("x"), secret);
    assertQuotesNothing(() -> json.at("format").uuid(), secret);
    assertQuotesNothing(() -> json.at("format").time(), secret);
    assertQuotesNothing(() -> json.at("format").hex(3), secret);
    assertQuotesNothing(() -> json.at("format").bytes(3), secret);
    assertQuotesNothing(
        () -> Json.parseConfidential((secret + "{").getBytes(StandardCharsets.UTF_8), "key", 1000),
        secret);
    assertThat(json.toString()).doesNotContain(secret);
  }

  private static void assertQuotesNothing(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable action, String secret) {
    ProtectorException refusal = Assertions.catchThrowableOfType(ProtectorException.class, action);
    assertThat(refusal).isNotNull();
    assertThat(refusal.getMessage() + refusal.detail()).doesNotContain(secret);
    assertThat(refusal.getCause()).isNull();
  }

  private static Json parse(String text) throws ProtectorException {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8), "test", 1000);
  }
}
