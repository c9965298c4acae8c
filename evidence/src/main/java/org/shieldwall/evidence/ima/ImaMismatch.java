package org.shieldwall.evidence.ima;

/**
 * An entry whose template digest is not that of its template data.
 *
 * @param entry place in the list, from 0
 * @param offset offset in the list, in bytes
 * @param expected the digest of the data, in hexadecimal
 * @param found the digest in the list, in hexadecimal
 */
public record ImaMismatch(long entry, long offset, String expected, String found) {}
