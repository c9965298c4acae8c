/**
 * Secrets that have a type: {@link SecretBytes} live outside the Java heap, are zeroed when closed
 * and give their content only to whoever says why. {@link AesGcm} and {@link Hkdf} are the two
 * operations on them that more than one module needs.
 */
@NullMarked
package org.shieldwall.protector.secret;

import org.jspecify.annotations.NullMarked;
