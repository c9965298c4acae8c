package org.shieldwall.cli.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * The page that the guest serves from its encrypted disk.
 *
 * @param host where the VM runs
 * @param port of this machine that leads to the guest
 * @param secret what stands on the page, and nowhere else in the clear
 */
record GuestPage(GuardedHost host, int port, String secret) {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);

  /** Waits for it, as long as the VM runs; {@return how long that took, in words} */
  String serves(JsonNode started) throws IOException, InterruptedException {
    long from = System.nanoTime();
    URI page = URI.create("http://127.0.0.1:" + port + "/secret");
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build()) {
      HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(5)).build();
      while (System.nanoTime() - from < BOOT_LIMIT.toNanos()) {
        try {
          HttpResponse<String> response =
              client.send(request, HttpResponse.BodyHandlers.ofString());
          if (response.statusCode() == 200) {
            if (!response.body().equals(secret)) {
              throw new StepFailure("the guest answers with something else");
            }
            return ", " + (System.nanoTime() - from) / 1_000_000_000 + " s after power-on";
          }
        } catch (IOException notYet) {
          // The guest is still booting.
        }
        TimeUnit.MILLISECONDS.sleep(200);
        requireRunning(started);
      }
    }
    throw new StepFailure("the guest did not answer in " + BOOT_LIMIT.toSeconds() + " s");
  }

  private void requireRunning(JsonNode started) {
    JsonNode vm = host.run("vm", "show", "web").orFail().output();
    if (!vm.path("state").asString().equals("running")) {
      throw new StepFailure(
          "VM "
              + started.path("id").asString()
              + " is "
              + vm.path("state").asString()
              + ": "
              + vm.path("reason").asString(""));
    }
  }
}
