import GRDB

/// Tables of the SQLite store. A migration that was released is never changed: a new one follows it.
enum SQLiteSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 first") { database in
            try database.execute(sql: first)
        }
        migrator.registerMigration("2 commits of machines") { database in
            // The commit that wrote the row: readers ask for what is newer than what they have.
            try database.execute(
                sql: """
                    ALTER TABLE machine ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX machine_written ON machine (infrastructure, written);
                    """)
        }
        return migrator
    }

    /// Condition of unfinished operations, worded like the partial indexes so that they are used.
    static let unfinished = "status IN ('pending', 'running')"

    private static let first = """
        CREATE TABLE meta (
            name TEXT PRIMARY KEY NOT NULL,
            value BLOB NOT NULL
        ) STRICT;

        -- One row: commits of all processes, and the last sequence number of an event.
        CREATE TABLE counter (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
            commits INTEGER NOT NULL,
            events INTEGER NOT NULL
        ) STRICT;
        INSERT INTO counter (id, commits, events) VALUES (1, 0, 0);

        CREATE TABLE infrastructure (
            position INTEGER PRIMARY KEY NOT NULL,
            id TEXT NOT NULL UNIQUE,
            name TEXT,
            phase TEXT NOT NULL,
            created_at REAL NOT NULL,
            record TEXT NOT NULL
        ) STRICT;
        CREATE INDEX infrastructure_name ON infrastructure (name) WHERE name IS NOT NULL AND phase <> 'destroyed';

        CREATE TABLE infrastructure_secret (
            infrastructure TEXT PRIMARY KEY NOT NULL REFERENCES infrastructure (id),
            sealed BLOB NOT NULL
        ) STRICT;

        -- What launches ask for whose results are not known.
        CREATE TABLE launch (
            infrastructure TEXT NOT NULL REFERENCES infrastructure (id),
            token TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (infrastructure, token)
        ) STRICT;

        CREATE TABLE machine (
            infrastructure TEXT NOT NULL REFERENCES infrastructure (id),
            id TEXT NOT NULL,
            record TEXT NOT NULL,
            PRIMARY KEY (infrastructure, id)
        ) STRICT;

        CREATE TABLE resource (
            infrastructure TEXT NOT NULL REFERENCES infrastructure (id),
            credential TEXT NOT NULL,
            -- Empty: the account's own.
            region TEXT NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            record TEXT NOT NULL,
            PRIMARY KEY (infrastructure, credential, region, kind, id)
        ) STRICT;

        CREATE TABLE credential (
            id TEXT PRIMARY KEY NOT NULL,
            owner TEXT NOT NULL,
            cloud TEXT NOT NULL,
            type TEXT NOT NULL,
            account TEXT NOT NULL,
            sealed BLOB NOT NULL
        ) STRICT;

        -- Infrastructures that are not destroyed and the credentials that they use.
        CREATE TABLE credential_use (
            infrastructure TEXT NOT NULL REFERENCES infrastructure (id),
            credential TEXT NOT NULL REFERENCES credential (id),
            PRIMARY KEY (infrastructure, credential)
        ) STRICT;
        CREATE INDEX credential_use_credential ON credential_use (credential);

        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY NOT NULL,
            infrastructure TEXT NOT NULL REFERENCES infrastructure (id),
            machine TEXT,
            time REAL NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            generation INTEGER,
            payload BLOB
        ) STRICT;
        CREATE INDEX event_infrastructure ON event (infrastructure);
        CREATE INDEX event_history ON event (infrastructure, generation) WHERE payload IS NOT NULL;

        CREATE TABLE operation (
            position INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
            id TEXT NOT NULL UNIQUE,
            subject TEXT NOT NULL,
            kind TEXT NOT NULL,
            status TEXT NOT NULL,
            due_at REAL NOT NULL,
            created_at REAL NOT NULL,
            finished_at REAL,
            error TEXT,
            epoch INTEGER NOT NULL,
            holder_host TEXT,
            holder_process INTEGER,
            holder_start INTEGER,
            lease_expires_at REAL,
            cancel_requested INTEGER NOT NULL,
            parameters TEXT NOT NULL
        ) STRICT;
        CREATE INDEX operation_unfinished ON operation (position) WHERE \(unfinished);
        CREATE INDEX operation_subject ON operation (subject) WHERE \(unfinished);
        """
}
