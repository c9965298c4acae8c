/**
 * X.509 as endorsement certificates need it: a tolerant reader of our own, because genuine
 * certificates of TPM makers break rules that strict readers hold to, and chains built and checked
 * over the bytes as they were signed.
 */
@NullMarked
package org.shieldwall.evidence.x509;

import org.jspecify.annotations.NullMarked;
