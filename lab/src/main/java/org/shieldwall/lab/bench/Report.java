package org.shieldwall.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.shieldwall.protector.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * All figures, for people or machines.
 *
 * @param figures in the order measured
 * @param quick whether the runs were short
 * @param data what was verified, and what of it is made up
 */
record Report(List<Figure> figures, boolean quick, List<String> data) {
  private static final String FORMAT = "shieldwall-bench-1";

  /** {@return a table} */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(machine()).append(quick ? "; short runs" : "").append('\n');
    data.forEach(each -> text.append(each).append('\n'));
    text.append(
        "%-54s %12s %16s %14s %7s %7s%n"
            .formatted("", "measured", "limit", "primitives", "ratio", ""));
    for (Figure figure : figures) {
      text.append(
          "%-54s %12s %16s %14s %7s %7s%n"
              .formatted(
                  figure.name(),
                  number(figure.value()) + " " + figure.unit(),
                  figure.limit().isEmpty()
                      ? ""
                      : (figure.atLeast() ? ">= " : "<= ")
                          + number(figure.limit().getAsDouble())
                          + " "
                          + figure.unit(),
                  figure.primitives().isEmpty()
                      ? ""
                      : number(figure.primitives().getAsDouble()) + " " + figure.unit(),
                  figure.ratio().isEmpty() ? "" : number(figure.ratio().getAsDouble()),
                  figure.limit().isEmpty() ? "" : figure.holds() ? "holds" : "MISSED"));
      if (!figure.note().isEmpty()) {
        text.append("    ").append(figure.note()).append('\n');
      }
    }
    return text.toString();
  }

  private static String number(double value) {
    String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }

  /** {@return one JSON object and a line's end} */
  String json() {
    ObjectNode json = Json.object().put("format", FORMAT);
    json.put("machine", machine()).put("quick", quick);
    ArrayNode origins = json.putArray("data");
    data.forEach(origins::add);
    ArrayNode array = json.putArray("figures");
    for (Figure figure : figures) {
      ObjectNode each = array.addObject().put("name", figure.name()).put("unit", figure.unit());
      each.put("value", figure.value());
      put(each, figure.atLeast() ? "atLeast" : "atMost", figure.limit());
      put(each, "primitives", figure.primitives());
      put(each, "ratio", figure.ratio());
      each.put("holds", figure.holds());
      each.put("note", figure.note());
    }
    return new String(Json.bytes(json), StandardCharsets.UTF_8) + "\n";
  }

  private static void put(ObjectNode json, String name, OptionalDouble value) {
    value.ifPresentOrElse(number -> json.put(name, number), () -> json.putNull(name));
  }

  private static String machine() {
    return "%d processors, load %s, Java %s"
        .formatted(Runtime.getRuntime().availableProcessors(), load(), Runtime.version().feature());
  }

  /** The load of the last minute: figures taken on a busy machine say so. */
  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    } catch (IOException e) {
      return "unknown";
    }
  }
}
