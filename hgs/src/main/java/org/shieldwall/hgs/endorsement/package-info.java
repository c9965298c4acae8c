/**
 * What stands behind a host's endorsement key: a certificate of a trusted TPM maker, or the
 * administrator's word alone.
 */
@NullMarked
package org.shieldwall.hgs.endorsement;

import org.jspecify.annotations.NullMarked;
