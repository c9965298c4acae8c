package org.shieldwall.lab.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's body with gaps: what is the same in each request, such as the event log, is put into
 * JSON once, so that the clients cost the processors they share with the service little.
 */
final class BodyTemplate {
  private final List<byte[]> pieces;

  private BodyTemplate(List<byte[]> pieces) {
    this.pieces = pieces;
  }

  /**
   * {@return a template}
   *
   * @param body a whole body
   * @param markers what stands, once each and in this order, where the gaps are to be
   */
  static BodyTemplate of(byte[] body, List<String> markers) {
    String text = new String(body, StandardCharsets.UTF_8);
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    for (String marker : markers) {
      int at = text.indexOf(marker, from);
      if (at < 0 || text.indexOf(marker, at + 1) >= 0) {
        throw new IllegalStateException("the body has no single " + marker);
      }
      pieces.add(text.substring(from, at).getBytes(StandardCharsets.UTF_8));
      from = at + marker.length();
    }
    pieces.add(text.substring(from).getBytes(StandardCharsets.UTF_8));
    return new BodyTemplate(pieces);
  }

  /** {@return the body with these texts in the gaps} */
  byte[] fill(String... texts) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(96 << 10);
    for (int i = 0; i < pieces.size(); i++) {
      body.writeBytes(pieces.get(i));
      if (i < texts.length) {
        body.writeBytes(texts[i].getBytes(StandardCharsets.UTF_8));
      }
    }
    return body.toByteArray();
  }
}
