/**
 * How two agents carry a running VM from one host to the other (protocol.md, "Between two agents").
 * Nothing that passes between them is secret, and nothing of it is believed: keys come from the key
 * protection service, the memory is sealed by one enclave for the other, and which of the two may
 * run the VM is the service's word.
 */
@NullMarked
package org.shieldwall.host.migrate;

import org.jspecify.annotations.NullMarked;
