/** Sealing a volume's passphrase into a vTPM the way systemd 252 does. */
@NullMarked
package org.shieldwall.disk.seal;

import org.jspecify.annotations.NullMarked;
