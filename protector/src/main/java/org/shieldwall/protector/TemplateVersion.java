package org.shieldwall.protector;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A template's version: 1 to 6 numbers, compared one by one; numbers that one of them lacks count
 * as 0, so that 1.2 is 1.2.0.
 */
public record TemplateVersion(List<Integer> numbers) implements Comparable<TemplateVersion> {
  private static final int MAX_NUMBERS = 6;
  private static final Pattern TEXT =
      Pattern.compile("(0|[1-9][0-9]{0,8})(\\.(0|[1-9][0-9]{0,8})){0,5}");

  public TemplateVersion {
    numbers = List.copyOf(numbers);
    if (numbers.isEmpty() || numbers.size() > MAX_NUMBERS) {
      throw new IllegalArgumentException("a version has 1 to " + MAX_NUMBERS + " numbers");
    }
  }

  /**
   * {@return the version written like {@code 1.2.3}}
   *
   * @throws IllegalArgumentException if it is not written so
   */
  public static TemplateVersion of(String text) {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("not a version like 1.2.3");
    }
    return new TemplateVersion(Arrays.stream(text.split("\\.", -1)).map(Integer::valueOf).toList());
  }

  static TemplateVersion fromJson(Json json) throws ProtectorException {
    String text = json.text(60);
    if (!TEXT.matcher(text).matches()) {
      throw json.malformed("a version like 1.2.3", '"' + text + '"');
    }
    return of(text);
  }

  @Override
  public int compareTo(TemplateVersion other) {
    for (int i = 0; i < MAX_NUMBERS; i++) {
      int order = Integer.compare(number(i), other.number(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private int number(int index) {
    return index < numbers.size() ? numbers.get(index) : 0;
  }

  @Override
  public String toString() {
    return String.join(".", numbers.stream().map(String::valueOf).toList());
  }
}
