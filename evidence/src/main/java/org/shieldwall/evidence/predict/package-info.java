/**
 * Boots that have not happened: what firmware, systemd's stub and the kernel will measure of a
 * unified kernel image.
 */
@NullMarked
package org.shieldwall.evidence.predict;

import org.jspecify.annotations.NullMarked;
