/** Directory mode: a Kerberos ticket of the machine's account. */
@NullMarked
package org.shieldwall.host.attest.directory;

import org.jspecify.annotations.NullMarked;
