/** The store of VMs and what the agent does with one: create, start, stop, delete. */
@NullMarked
package org.shieldwall.host.vm;

import org.jspecify.annotations.NullMarked;
