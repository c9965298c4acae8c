/**
 * What the enclave can be asked and what it answers: the only part of it that the agent knows. The
 * set of messages is closed; none of them carries a secret or anything derived from one.
 */
@NullMarked
package org.shieldwall.enclave.message;

import org.jspecify.annotations.NullMarked;
