/** HTTPS: routes, limits, problems. Knows no policy; asks the services. */
@NullMarked
package org.shieldwall.hgs.web;

import org.jspecify.annotations.NullMarked;
