/**
 * The UEFI side of a shielded machine: the flash image that holds its variables, the Secure Boot
 * keys enrolled there, and the value of PCR 7 that follows from them.
 *
 * <p>A volume key is sealed before the machine has ever run, so PCR 7 is computed, not read. It
 * covers exactly the Secure Boot policy: whether it is on, every key enrolled, and which of them
 * let the boot loader run. Firmware, kernel and command line are not in it; the signature on the
 * kernel image stands for those.
 */
@NullMarked
package org.shieldwall.disk.uefi;

import org.jspecify.annotations.NullMarked;
