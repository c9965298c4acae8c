/** Who a Kerberos ticket is from, and what the directory says of that account now. */
@NullMarked
package org.shieldwall.hgs.attestation.directory;

import org.jspecify.annotations.NullMarked;
