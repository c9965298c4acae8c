/**
 * The container of everything that is kept or sent of a VM's state: authenticated segments under a
 * key of its own, bound to the VM, the generation, the kind and the sequence (formats.md, "State
 * container").
 */
@NullMarked
package org.shieldwall.protector.state;

import org.jspecify.annotations.NullMarked;
