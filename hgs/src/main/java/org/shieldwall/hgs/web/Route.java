package org.shieldwall.hgs.web;

/**
 * One address.
 *
 * @param path of the URL
 * @param maxBody longest body of a POST in bytes; 0 for GET
 * @param exchange what it does
 */
public record Route(String path, int maxBody, Exchange exchange) {
  /** {@return a route without a body} */
  public static Route get(String path, Exchange exchange) {
    return new Route(path, 0, exchange);
  }

  /** {@return a route with a body of at most {@code maxBody} bytes} */
  public static Route post(String path, int maxBody, Exchange exchange) {
    return new Route(path, maxBody, exchange);
  }

  /** {@return whether it is asked with GET, without a body} */
  public boolean isGet() {
    return maxBody == 0;
  }
}
