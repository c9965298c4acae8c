/** Host-key mode: the host's key, in a file or in its TPM, and what it signs. */
@NullMarked
package org.shieldwall.host.attest.hostkey;

import org.jspecify.annotations.NullMarked;
