/**
 * Quotes: what a TPM signed, held against what was asked (TPM 2.0 Library, Part 3, section 18.4,
 * TPM2_Quote).
 */
@NullMarked
package org.shieldwall.evidence.quote;

import org.jspecify.annotations.NullMarked;
