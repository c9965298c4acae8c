/**
 * The key protection service: opens key protectors for enclaves whose health certificate and whose
 * owner's policy allow it, and knows which copy of a VM is the current one. It shares no class with
 * the attestation service but the certificate itself.
 */
@NullMarked
package org.shieldwall.hgs.keys;

import org.jspecify.annotations.NullMarked;
