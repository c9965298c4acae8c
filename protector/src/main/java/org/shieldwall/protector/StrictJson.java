package org.shieldwall.protector;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NumericNode;

/** Text to tree and back: bounded, no member twice, nothing after the end, UTF-8 and no other. */
final class StrictJson {
  /** The largest document of any format: a volume signature catalog. */
  private static final int LARGEST = 64 << 20;

  /** A catalog's blocks, and what else it has: a value takes many times the room of its text. */
  private static final int MAX_TOKENS = 1_000_000;

  /** What strangers send has few values, however long they are. */
  private static final int MAX_MESSAGE_TOKENS = 1_000;

  private static final JsonMapper MAPPER = mapper(MAX_TOKENS);
  private static final JsonMapper MESSAGES = mapper(MAX_MESSAGE_TOKENS);

  private StrictJson() {}

  private static JsonMapper mapper(int tokens) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxDocumentLength(LARGEST)
                        .maxTokenCount(tokens)
                        .maxStringLength(LARGEST)
                        .maxNestingDepth(32)
                        .maxNameLength(256)
                        .maxNumberLength(20)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .nodeFactory(new FiniteNumbers())
        .build();
  }

  /** A number too large for a double would be read as infinity, which is no JSON when written. */
  private static final class FiniteNumbers extends JsonNodeFactory {
    private static final long serialVersionUID = 1;

    @Override
    public NumericNode numberNode(double value) {
      if (!Double.isFinite(value)) {
        throw new StreamReadException("a number larger than any double");
      }
      return super.numberNode(value);
    }
  }

  static JsonNode parse(byte[] utf8, String document, int maxBytes) throws ProtectorException {
    return parse(MAPPER, utf8, document, maxBytes);
  }

  static JsonNode parseMessage(byte[] utf8, String document, int maxBytes)
      throws ProtectorException {
    return parse(MESSAGES, utf8, document, maxBytes);
  }

  private static JsonNode parse(JsonMapper mapper, byte[] utf8, String document, int maxBytes)
      throws ProtectorException {
    if (utf8.length > maxBytes) {
      throw new ProtectorException(
          Code.TOO_LARGE, document + ": at most " + maxBytes + " bytes, found " + utf8.length);
    }
    try {
      // Decoded here and not by Jackson, which would also accept UTF-16 and UTF-32.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      JsonNode node = mapper.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new ProtectorException(Code.MALFORMED, document + ": empty");
      }
      return node;
    } catch (CharacterCodingException e) {
      throw new ProtectorException(Code.MALFORMED, document + ": not UTF-8");
    } catch (JacksonException e) {
      throw new ProtectorException(Code.MALFORMED, document + ": not strict JSON" + place(e));
    }
  }

  static byte[] write(JsonNode value) {
    return MAPPER.writeValueAsBytes(value);
  }

  /** Where it went wrong; not the message, which may quote a document that holds a secret. */
  private static String place(JacksonException e) {
    return e.getLocation() == null
        ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }
}
