/**
 * The attestation service: challenges hosts, judges their evidence, issues health certificates. It
 * shares no class with the key protection service but the certificate itself.
 */
@NullMarked
package org.shieldwall.hgs.attestation;

import org.jspecify.annotations.NullMarked;
