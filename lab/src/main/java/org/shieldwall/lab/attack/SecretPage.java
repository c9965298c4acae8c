package org.shieldwall.lab.attack;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The page by which the victim's guest shows that it came to its owner's secret. */
final class SecretPage {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  private SecretPage() {}

  /** {@return whether the victim serves its secret, within a time that is enough for a boot} */
  static boolean served(Stage stage) throws IOException, InterruptedException {
    return served(stage, LIMIT);
  }

  /** {@return whether it does within {@code limit}; false at once when the VM has ended} */
  static boolean served(Stage stage, Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    URI page = URI.create("http://127.0.0.1:" + stage.demo().webPort + "/secret");
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build()) {
      HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(5)).build();
      while (System.nanoTime() < deadline) {
        try {
          String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
          if (body.equals(stage.demo().secret)) {
            return true;
          }
        } catch (IOException notYet) {
          if (stage.ended("web")) {
            return false;
          }
        }
        TimeUnit.MILLISECONDS.sleep(300);
      }
    }
    return false;
  }
}
