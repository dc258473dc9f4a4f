// A consumer of the JDK alone: HttpClient, a loop that repeats after a fixed pause, and a breaker that
// counts failures in a row. Its numbers come from the environment, by the names of
// tests/inference/numbers.py.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

public class Consumer {
  static double number(String name, double otherwise) {
    String text = System.getenv(name);
    return text == null ? otherwise : Double.parseDouble(text);
  }

  static final int ATTEMPTS = (int) number("ATTEMPTS", 1);
  static final long PAUSE_MS = Math.round(number("BACKOFF_S", 0) * 1000);
  static final double TIMEOUT_S = number("ATTEMPT_TIMEOUT_S", 0);
  static final int FAILURES = (int) number("FAILURES", 1_000_000);
  static final long OPEN_NS = (long) (number("OPEN_S", 1) * 1e9);
  static final int SUCCESSES = (int) number("SUCCESSES", 1);
  static final long MISSING_NS = (long) (number("MISSING_TTL_S", 0) * 1e9);
  static final long TTL_NS = (long) (number("TTL_S", 0) * 1e9);
  static final Set<Integer> STATUSES =
      Arrays.stream(System.getenv().getOrDefault("STATUSES", "500,502,503,504").split(","))
          .map(Integer::valueOf)
          .collect(Collectors.toSet());
  static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");
  static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static class Failed extends Exception {}

  static class Refused extends Exception {}

  record Kept(String thing, long since) {}

  static final Map<String, Kept> CACHE = new ConcurrentHashMap<>();
  static final String MISSING = "";

  static synchronized boolean enter() {
    if (!open) return true;
    if (System.nanoTime() - since < OPEN_NS) return false;
    if (probing) return false;
    probing = true;
    return true;
  }

  static boolean open = false;
  static boolean probing = false;
  static long since = 0;
  static int failed = 0;
  static int succeeded = 0;

  static synchronized void record(boolean good) {
    boolean probe = probing;
    probing = false;
    failed = good ? 0 : failed + 1;
    if (probe && good && ++succeeded >= SUCCESSES) open = false;
    if ((probe && !good) || (!open && failed >= FAILURES)) {
      open = true;
      succeeded = 0;
      since = System.nanoTime();
    }
    if (!open) succeeded = 0;
  }

  static String thing(String name, String trace) throws Failed, Refused, InterruptedException {
    Kept kept = CACHE.get(name);
    long now = System.nanoTime();
    if (kept != null && now - kept.since < (kept.thing == MISSING ? MISSING_NS : TTL_NS)) return kept.thing;
    if (!enter()) throw new Failed();
    try {
      String found = repeated(name, trace);
      record(true);
      CACHE.put(name, new Kept(found, System.nanoTime()));
      return found;
    } catch (Failed error) {
      record(false);
      throw error;
    } catch (Refused error) {
      record(true);
      throw error;
    }
  }

  static String repeated(String name, String trace) throws Failed, Refused, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt(name, trace);
      } catch (Failed error) {
        if (attempt == ATTEMPTS) throw error;
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  static String attempt(String name, String trace) throws Failed, Refused, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(System.getenv("THINGS_URL") + "/things/" + name))
            .header("x-trace-id", trace);
    if (TIMEOUT_S > 0) request.timeout(Duration.ofMillis(Math.round(TIMEOUT_S * 1000)));
    HttpResponse<String> answer;
    try {
      answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException error) {
      throw new Failed();
    }
    if (STATUSES.contains(answer.statusCode())) throw new Failed();
    if (answer.statusCode() == 404) return MISSING;
    if (answer.statusCode() >= 400) throw new Refused();
    var id = ID.matcher(answer.body());
    if (!answer.body().trim().startsWith("{") || !answer.body().trim().endsWith("}") || !id.find())
      throw new Failed();
    return id.group(1);
  }

  static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  static void answer(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/");
    if (path[1].equals("health")) {
      reply(exchange, 200, "{}");
      return;
    }
    String trace = exchange.getRequestHeaders().getFirst("x-trace-id");
    try {
      String thing = thing(path[2], trace == null ? "none" : trace);
      if (thing == MISSING) reply(exchange, 404, "{}");
      else reply(exchange, 200, "{\"thing\": {\"id\": \"" + thing + "\"}}");
    } catch (Failed error) {
      reply(exchange, 503, "{}");
    } catch (Refused error) {
      reply(exchange, 400, "{}");
    } catch (InterruptedException error) {
      exchange.close();
    }
  }

  public static void main(String[] arguments) throws IOException {
    var address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), (int) number("PORT", 0));
    HttpServer server = HttpServer.create(address, 512);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", Consumer::answer);
    server.start();
    int port = server.getAddress().getPort();
    System.out.println(
        "{\"event\": \"listening\", \"data\": {\"url\": \"http://127.0.0.1:" + port + "\"}}");
  }
}
