package org.shieldwall.disk.luks;

/** Prints how fast sectors are encrypted. */
public final class CipherBench {
  private CipherBench() {}

  /** Prints five rounds for each sector size. */
  public static void run() {
    byte[] from = new byte[1 << 20];
    byte[] to = new byte[1 << 20];
    for (int sector : new int[] {512, 4096}) {
      AesXts cipher = AesXts.encrypting(new byte[AesXts.KEY_LENGTH], sector);
      for (int round = 0; round < 5; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < 512; i++) {
          cipher.transform(i * 2048L, from, 0, to, 0, from.length);
        }
        System.out.printf(
            "AES-256-XTS, sectors of %4d       %7.0f MiB/s%n",
            sector, 512 / ((System.nanoTime() - start) / 1e9));
      }
    }
  }
}
