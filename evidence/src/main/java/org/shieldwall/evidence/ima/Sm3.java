package org.shieldwall.evidence.ima;

/** The hash SM3 (GB/T 32905-2016), for lists whose template digests are made with it. */
final class Sm3 {
  private static final int[] START = {
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E
  };

  private Sm3() {}

  static byte[] hash(byte[] message, int length) {
    int blocks = (length + 9 + 63) / 64;
    byte[] padded = new byte[blocks * 64];
    System.arraycopy(message, 0, padded, 0, length);
    padded[length] = (byte) 0x80;
    long bits = 8L * length;
    for (int i = 0; i < 8; i++) {
      padded[padded.length - 1 - i] = (byte) (bits >>> (8 * i));
    }
    int[] state = START.clone();
    for (int block = 0; block < blocks; block++) {
      compress(state, expand(padded, 64 * block));
    }
    byte[] digest = new byte[32];
    for (int i = 0; i < 32; i++) {
      digest[i] = (byte) (state[i / 4] >>> (24 - 8 * (i % 4)));
    }
    return digest;
  }

  private static int[] expand(byte[] padded, int from) {
    int[] w = new int[68];
    for (int i = 0; i < 16; i++) {
      int at = from + 4 * i;
      w[i] =
          (padded[at] & 0xFF) << 24
              | (padded[at + 1] & 0xFF) << 16
              | (padded[at + 2] & 0xFF) << 8
              | (padded[at + 3] & 0xFF);
    }
    for (int i = 16; i < 68; i++) {
      int x = w[i - 16] ^ w[i - 9] ^ Integer.rotateLeft(w[i - 3], 15);
      int permuted = x ^ Integer.rotateLeft(x, 15) ^ Integer.rotateLeft(x, 23);
      w[i] = permuted ^ Integer.rotateLeft(w[i - 13], 7) ^ w[i - 6];
    }
    return w;
  }

  private static void compress(int[] state, int[] w) {
    int[] v = state.clone();
    for (int i = 0; i < 64; i++) {
      int constant = i < 16 ? 0x79CC4519 : 0x7A879D8A;
      int a12 = Integer.rotateLeft(v[0], 12);
      int ss1 = Integer.rotateLeft(a12 + v[4] + Integer.rotateLeft(constant, i), 7);
      int ff = i < 16 ? v[0] ^ v[1] ^ v[2] : (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2]);
      int gg = i < 16 ? v[4] ^ v[5] ^ v[6] : (v[4] & v[5]) | (~v[4] & v[6]);
      int tt1 = ff + v[3] + (ss1 ^ a12) + (w[i] ^ w[i + 4]);
      int tt2 = gg + v[7] + ss1 + w[i];
      v[3] = v[2];
      v[2] = Integer.rotateLeft(v[1], 9);
      v[1] = v[0];
      v[0] = tt1;
      v[7] = v[6];
      v[6] = Integer.rotateLeft(v[5], 19);
      v[5] = v[4];
      v[4] = tt2 ^ Integer.rotateLeft(tt2, 9) ^ Integer.rotateLeft(tt2, 17);
    }
    for (int i = 0; i < 8; i++) {
      state[i] ^= v[i];
    }
  }
}
