/** LUKS2 volumes (LUKS2 On-Disk Format Specification 1.1.1) written without the kernel. */
@NullMarked
package org.shieldwall.disk.luks;

import org.jspecify.annotations.NullMarked;
