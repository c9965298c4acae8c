/**
 * The documents that Shieldwall seals and signs; {@code docs/formats.md} has every byte of them.
 *
 * <p>Reading a document verifies it: an instance of {@link Guardian}, {@link Grant}, {@link
 * KeyProtector}, {@link Release}, {@link ShieldingData} or {@link VolumeSignatureCatalog} exists
 * only with its signatures verified. What does not verify is a {@link ProtectorException} with one
 * code of a closed set. Clock and randomness are always parameters.
 *
 * <p>Who does what:
 *
 * <ul>
 *   <li><b>owner</b>: {@link PrivateKeySet#generate}, {@link Guardian#create}, {@link GuardianKey}
 *       at rest, {@link VolumeSignatureCatalog#sign}, {@link ShieldingData#create}
 *   <li><b>enclave</b>: {@link ReleaseRequest#create}, {@link Release#open}, {@link
 *       ShieldingData#open}, {@link org.shieldwall.protector.secret.SecretBytes#derive}
 *   <li><b>key protection service</b>: {@link KeyProtector#parse}, {@link ReleaseRequest#verify},
 *       {@link OwnerPolicy#violations}, {@link KeyProtector#provision} or {@link
 *       KeyProtector#roll}, {@link Release#seal}
 * </ul>
 */
@NullMarked
package org.shieldwall.protector;

import org.jspecify.annotations.NullMarked;
