package org.shieldwall.disk.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.disk.Program;

/**
 * The guest's own judgement of a LUKS2 header (guest/initrd/header.awk), by the program that judges
 * in the guest. The storage's owner can write any header; each altered one here is a way in that
 * was refused.
 */
class HeaderRulesTest {
  private static final Path RULES =
      Path.of(System.getProperty("shieldwall.root"), "guest/initrd/header.awk");

  /** As cryptsetup prints the header of a volume enrolled by systemd-cryptenroll. */
  private static final String GENUINE =
      """
      {
        "keyslots":{
          "0":{
            "type":"luks2",
            "key_size":64,
            "af":{
              "type":"luks1",
              "stripes":4000,
              "hash":"sha256"
            },
            "area":{
              "type":"raw",
              "offset":"32768",
              "size":"258048",
              "encryption":"aes-xts-plain64",
              "key_size":64
            },
            "kdf":{
              "type":"pbkdf2",
              "hash":"sha512",
              "iterations":1000,
              "salt":"Z+BooI/1AiLklyi9C48LqW8QLF0Sw19CIMbQjC+9PEM="
            }
          }
        },
        "tokens":{
          "0":{
            "type":"systemd-tpm2",
            "keyslots":[
              "0"
            ],
            "tpm2-blob":"AJ4AIJl24ANbOzfs",
            "tpm2-pcrs":[
              7
            ],
            "tpm2-pcr-bank":"sha256",
            "tpm2-primary-alg":"ecc",
            "tpm2-policy-hash":"465ba65f0231c7b1",
            "tpm2-pin":false
          }
        },
        "segments":{
          "0":{
            "type":"crypt",
            "offset":"16777216",
            "size":"dynamic",
            "iv_tweak":"0",
            "encryption":"aes-xts-plain64",
            "sector_size":512
          }
        },
        "digests":{
          "0":{
            "type":"pbkdf2",
            "keyslots":[
              "0"
            ],
            "segments":[
              "0"
            ],
            "hash":"sha256",
            "iterations":1000,
            "salt":"1hASqlgy+yl+K0Ssn0un3tkXaRByOVyS1F2x1Mtjwpc=",
            "digest":"J9in5ykslLT+WszR1Yv+dVnAspEBMPkwYPeGOEBKycQ="
          }
        },
        "config":{
          "json_size":"12288",
          "keyslots_size":"16744448"
        }
      }
      """;

  @TempDir Path folder;
  private String busybox = "";

  @BeforeEach
  void require() {
    busybox = Program.require("busybox", "busybox-static");
  }

  @Test
  void givenAGenuineHeader_whenJudged_thenItsDataOffsetIsSaid() throws Exception {
    assertThat(judge(GENUINE)).isEqualTo(new Program.Outcome(0, "32768\n"));
  }

  @Test
  void givenLargeSectors_whenJudged_thenTheyPass() throws Exception {
    assertThat(judge(GENUINE.replace("\"sector_size\":512", "\"sector_size\":4096")).exit())
        .isZero();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        // A key slot that hands out the attacker's volume key, whatever the TPM says.
        "\"encryption\":\"aes-xts-plain64\",\\n        \"key_size\"|\"encryption\":\"cipher_null-ecb\",\\n        \"key_size\"|area.encryption",
        "\"key_size\":64\\n|\"key_size\":16\\n|area.key_size",
        "\"key_size\":64,|\"key_size\":1,|keyslots.#.key_size",
        "\"type\":\"raw\"|\"type\":\"none\"|area.type",
        "\"type\":\"luks2\"|\"type\":\"reencrypt\"|keyslots.#.type",
        "\"type\":\"luks1\"|\"type\":\"luks9\"|af.type",
        // Data that is the attacker's plaintext.
        "\"encryption\":\"aes-xts-plain64\",\\n      \"sector|\"encryption\":\"cipher_null-ecb\",\\n      \"sector|segments.#.encryption",
        "\"encryption\":\"aes-xts-plain64\",\\n      \"sector|\"encryption\":\"aes-ecb\",\\n      \"sector|segments.#.encryption",
        "\"type\":\"crypt\"|\"type\":\"linear\"|segments.#.type",
        "\"iv_tweak\":\"0\"|\"iv_tweak\":\"8\"|iv_tweak",
        "\"size\":\"dynamic\"|\"size\":\"4096\"|segments.#.size",
        "\"sector_size\":512|\"sector_size\":1024|sector_size",
        "\"offset\":\"16777216\"|\"offset\":\"16777217\"|segments.#.offset",
        "\"offset\":\"16777216\"|\"offset\":\"33554432\"|segments.#.offset",
        "\"sector_size\":512|\"sector_size\":512,\\n\"x\":0|not understood",
        "\"sector_size\":512|\"sector_size\":512,\\n   \"x\":0|not understood",
        "\"sector_size\":512|\"sector_size\":512,\\n      \"integrity\":{\\n        \"type\":\"none\"\\n      }|segments.#.integrity",
        "\"sector_size\":512|\"sector_size\":512,\\n      \"flags\":[\\n        \"backup-final\"\\n      ]|segments.#.flags",
        "\"segments\":{\\n|\"segments\":{\\n    \"1\":{\\n      \"type\":\"linear\"\\n    },\\n|more than one segments.#",
        // A second way in.
        "\"keyslots\":{\\n|\"keyslots\":{\\n    \"1\":{\\n      \"type\":\"luks2\"\\n    },\\n|more than one keyslots.#",
        "\"tokens\":{\\n|\"tokens\":{\\n    \"1\":{\\n      \"type\":\"luks2-keyring\"\\n    },\\n|more than one tokens.#",
        "\"digests\":{\\n|\"digests\":{\\n    \"1\":{\\n      \"type\":\"pbkdf2\"\\n    },\\n|more than one digests.#",
        "\"type\":\"systemd-tpm2\"|\"type\":\"luks2-keyring\"|tokens.#.type",
        "        7\\n|        7,\\n        8\\n|tpm2-pcrs",
        "[\\n        7\\n      ]|[\\n      ]|tpm2-pcrs",
        "\"tpm2-pcr-bank\":\"sha256\"|\"tpm2-pcr-bank\":\"sha1\"|tpm2-pcr-bank",
        "\"tpm2-pin\":false|\"tpm2-pin\":true|PIN",
        // Another description that the library would follow.
        "\"json_size\"|\"requirements\":{\\n      \"mandatory\":[\\n        \"online-reencrypt\"\\n      ]\\n    },\\n    \"json_size\"|config.requirements",
        "\"json_size\"|\"flags\":[\\n      \"no-journal\"\\n    ],\\n    \"json_size\"|config.flags",
        // Lines that no rule knows.
        "\"json_size\"|\"Json Size\"|not understood",
        "\"json_size\":\"12288\"|\"json_size\":true,\\n    yes|not understood",
      })
  void givenAnAlteredHeader_whenJudged_thenItIsRefusedByName(
      String original, String altered, String reason) throws Exception {
    String header = GENUINE.replace(lines(original), lines(altered));
    assertThat(header).as("the alteration took place").isNotEqualTo(GENUINE);

    Program.Outcome outcome = judge(header);

    assertThat(outcome.exit()).as(outcome.output()).isNotZero();
    assertThat(outcome.output()).contains(reason);
  }

  @ParameterizedTest
  @CsvSource({"keyslots", "tokens", "segments", "digests"})
  void givenAHeaderWithoutAPart_whenJudged_thenItIsRefused(String part) throws Exception {
    String header =
        GENUINE.replaceFirst("(?s)  \"" + part + "\":\\{.*?\n  \\}", "  \"" + part + "\":{\n  }");
    assertThat(header).isNotEqualTo(GENUINE);

    assertThat(judge(header).output()).contains(part);
  }

  @Test
  void givenNothing_whenJudged_thenItIsRefused() throws Exception {
    assertThat(judge("").exit()).isNotZero();
    assertThat(judge("{\n}\n").exit()).isNotZero();
  }

  private static String lines(String text) {
    return text.replace("\\n", "\n");
  }

  private Program.Outcome judge(String header) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("header.json"), header);
    return Program.run(busybox, "awk", "-f", RULES.toString(), file.toString());
  }
}
