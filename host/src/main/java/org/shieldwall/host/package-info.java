/**
 * The host agent. It attests, relays between the enclave and the Host Guardian Service, keeps the
 * store of VMs and serves the fabric's administrator on a unix socket. It holds nothing secret:
 * whoever reads all of its memory learns what the network and the disk already show.
 */
@NullMarked
package org.shieldwall.host;

import org.jspecify.annotations.NullMarked;
