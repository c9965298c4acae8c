package org.shieldwall.hgs.store;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.statement.StatementBuilder;
import org.jdbi.v3.core.statement.StatementBuilderFactory;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/**
 * Prepared statements that are kept with their connection: SQLite takes longer to prepare one than
 * to run it. They belong to the connection below the pool's, which would otherwise end them with
 * each loan. A connection is used by one thread at a time, and so are its statements.
 */
final class KeptStatements implements StatementBuilderFactory {
  /** As many as the service has, and more; what is beyond is prepared each time. */
  private static final int MOST = 256;

  private final Map<SQLiteConnection, Shelf> kept = new ConcurrentHashMap<>();

  @Override
  public StatementBuilder createStatementBuilder(Connection pooled) {
    try {
      SQLiteConnection connection = pooled.unwrap(SQLiteConnection.class);
      @Nullable Shelf known = kept.get(connection);
      if (known == null) {
        kept.keySet().removeIf(KeptStatements::isClosed);
        known = new Shelf(connection);
        kept.put(connection, known);
      }
      return known;
    } catch (SQLException e) {
      throw new StoreUnavailableException("the store has no connection", e);
    }
  }

  private static boolean isClosed(SQLiteConnection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  /**
   * The statements of one connection. One that is used is not on the shelf: used twice at once, it
   * is prepared twice. The library gives statements back under another text than it asks for them
   * (before its own parameters were replaced), so that the text is remembered here.
   */
  private static final class Shelf implements StatementBuilder {
    private final SQLiteConnection connection;
    private final Map<String, PreparedStatement> idle = new HashMap<>();
    private final IdentityHashMap<Statement, String> used = new IdentityHashMap<>();

    Shelf(SQLiteConnection connection) {
      this.connection = connection;
    }

    @Override
    public Statement create(Connection pooled, StatementContext context) throws SQLException {
      return connection.createStatement();
    }

    @Override
    public PreparedStatement create(Connection pooled, String sql, StatementContext context)
        throws SQLException {
      @Nullable PreparedStatement known = idle.remove(sql);
      PreparedStatement statement = known != null ? known : connection.prepareStatement(sql);
      used.put(statement, sql);
      return statement;
    }

    @Override
    public CallableStatement createCall(Connection pooled, String sql, StatementContext context)
        throws SQLException {
      return connection.prepareCall(sql);
    }

    /** Nothing of what was bound stays with a statement that is kept. */
    @Override
    public void close(Connection pooled, @Nullable String asked, Statement statement)
        throws SQLException {
      @Nullable String sql = used.remove(statement);
      if (sql == null
          || !(statement instanceof PreparedStatement prepared)
          || idle.size() >= MOST
          || idle.containsKey(sql)) {
        statement.close();
        return;
      }
      try {
        prepared.clearParameters();
        idle.put(sql, prepared);
      } catch (SQLException e) {
        prepared.close();
      }
    }
  }
}
