/**
 * A shielded machine's disks, written by the enclave without root and without the kernel's device
 * mapper: a signed template is verified while it is copied, its root file system becomes a LUKS2
 * volume whose key is sealed into the machine's own vTPM, and the owner's secrets become a second
 * such volume. {@link org.shieldwall.disk.DiskProvisioner} is the one entry point.
 */
@NullMarked
package org.shieldwall.disk;

import org.jspecify.annotations.NullMarked;
