/**
 * The few system calls the JDK does not offer and the enclave and the agent need: descriptors
 * passed to a child or over a socket, memory no other process can read, limits on the process
 * itself. Nothing here knows a secret's meaning.
 */
@NullMarked
package org.shieldwall.enclave.posix;

import org.jspecify.annotations.NullMarked;
