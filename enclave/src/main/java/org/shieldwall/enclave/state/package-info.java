/**
 * A VM's directory: what lies where, and how a generation is written whole before it becomes the
 * current one (formats.md, "The VM's directory").
 */
@NullMarked
package org.shieldwall.enclave.state;

import org.jspecify.annotations.NullMarked;
