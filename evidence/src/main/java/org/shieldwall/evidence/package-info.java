/**
 * From what a host sends to a verdict on it: quote, event log, IMA list and endorsement certificate
 * against a policy. Pure functions: time, randomness, files and sockets are the caller's.
 */
@NullMarked
package org.shieldwall.evidence;

import org.jspecify.annotations.NullMarked;
