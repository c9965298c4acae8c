/**
 * Workers: QEMU inside a sandbox, spoken to over one inherited socket with a closed set of
 * commands.
 */
@NullMarked
package org.shieldwall.enclave.worker;

import org.jspecify.annotations.NullMarked;
