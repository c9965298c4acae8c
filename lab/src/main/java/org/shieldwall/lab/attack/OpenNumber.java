package org.shieldwall.lab.attack;

/** A descriptor that a raw call has opened, closed with the block. */
record OpenNumber(int number) implements AutoCloseable {
  static OpenNumber of(int number) {
    return new OpenNumber(number);
  }

  @Override
  public void close() {
    try {
      RawCall.CLOSE.call(number);
    } catch (RawCall.RefusedException closed) {
      // Linux releases the number whatever close(2) answers.
    }
  }
}
