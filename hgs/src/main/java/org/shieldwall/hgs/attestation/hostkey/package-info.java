/** What a registered host key must be, and what its signature says. */
@NullMarked
package org.shieldwall.hgs.attestation.hostkey;

import org.jspecify.annotations.NullMarked;
