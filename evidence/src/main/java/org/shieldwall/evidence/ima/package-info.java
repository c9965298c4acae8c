/**
 * Measurement lists of Linux' Integrity Measurement Architecture, read as a stream in bounded
 * memory, and replayed into PCR 10. Formats: kernel documentation, {@code
 * security/IMA-templates.rst}, and {@code security/integrity/ima/ima_template_lib.c}.
 */
@NullMarked
package org.shieldwall.evidence.ima;

import org.jspecify.annotations.NullMarked;
