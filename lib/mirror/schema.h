/* The tables, as steps from one version to the next. A step that was released never changes.
 *
 * directory, directory_user, directory_group and membership are last-writer-wins registers: the
 * version is the (created_at, id) of the newest event that spoke of the row. Deleted rows stay, so
 * that a late event finds out that it is late. killed_* is the newest deletion ever seen: what
 * hangs on the row and is older than that is dead, even when the row itself came back. What is live
 * is computed by the reader (sql.h), so a deletion costs one row however much hangs on it. */
#ifndef LK_MIRROR_SCHEMA_H
#define LK_MIRROR_SCHEMA_H

/* "LKm1": tells our files from other programs'. */
#define LK__SCHEMA_APPLICATION_ID 0x4c4b6d31

static const char *const lk__schema_steps[] = {
    /* 0 to 1. Rowid tables and 8 KB pages: bodies of 1 KB in WITHOUT ROWID tables cost three times
     * as much. Bodies stand apart so that lists and filters read narrow rows. */
    "CREATE TABLE event ("
    " sequence INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " type TEXT NOT NULL,"
    " created_at_ms BIGINT NOT NULL,"
    " learned_at_ms BIGINT NOT NULL," /* our clock, when the row was written */
    " organization_id TEXT,"
    " directory_id TEXT,"
    " subject TEXT);"
    "CREATE INDEX event_by_time ON event (created_at_ms, id);"
    "CREATE INDEX event_by_type ON event (type, created_at_ms, id);"
    "CREATE INDEX event_by_organization ON event (organization_id, created_at_ms, id)"
    " WHERE organization_id IS NOT NULL;"
    "CREATE TABLE event_body (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL);"
    "CREATE TABLE parked (sequence INTEGER PRIMARY KEY, reason TEXT NOT NULL);"

    "CREATE TABLE directory ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " organization_id TEXT,"
    " name TEXT,"
    " type TEXT,"
    " state TEXT,"
    " created_at_ms BIGINT NOT NULL,"
    " updated_at_ms BIGINT NOT NULL,"
    " deleted SMALLINT NOT NULL,"
    " version_ms BIGINT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " killed_ms BIGINT,"
    " killed_id TEXT);"

    "CREATE TABLE directory_user ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " directory_id TEXT NOT NULL,"
    " organization_id TEXT,"
    " idp_id TEXT,"
    " email TEXT,"
    " first_name TEXT,"
    " last_name TEXT,"
    " state TEXT,"
    " role TEXT,"
    " custom_attributes_json TEXT,"
    " created_at_ms BIGINT NOT NULL,"
    " updated_at_ms BIGINT NOT NULL,"
    " deleted SMALLINT NOT NULL,"
    " version_ms BIGINT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " killed_ms BIGINT,"
    " killed_id TEXT,"
    " json TEXT NOT NULL);"
    "CREATE INDEX directory_user_by_directory ON directory_user (directory_id, id);"
    "CREATE INDEX directory_user_by_organization ON directory_user (organization_id, id);"

    "CREATE TABLE directory_group ("
    " id TEXT NOT NULL PRIMARY KEY,"
    " directory_id TEXT NOT NULL,"
    " organization_id TEXT,"
    " idp_id TEXT,"
    " name TEXT,"
    " created_at_ms BIGINT NOT NULL,"
    " updated_at_ms BIGINT NOT NULL,"
    " deleted SMALLINT NOT NULL,"
    " version_ms BIGINT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " killed_ms BIGINT,"
    " killed_id TEXT,"
    " json TEXT NOT NULL);"
    "CREATE INDEX directory_group_by_directory ON directory_group (directory_id, id);"
    "CREATE INDEX directory_group_by_organization ON directory_group (organization_id, id);"

    "CREATE TABLE membership ("
    " group_id TEXT NOT NULL,"
    " user_id TEXT NOT NULL,"
    " directory_id TEXT NOT NULL,"
    " deleted SMALLINT NOT NULL,"
    " version_ms BIGINT NOT NULL,"
    " version_id TEXT NOT NULL,"
    " PRIMARY KEY (group_id, user_id));"
    "CREATE INDEX membership_by_user ON membership (user_id, group_id);"

    "CREATE TABLE feed ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " cursor TEXT NOT NULL," /* '' before the first event */
    " cursor_at_ms BIGINT NOT NULL,"
    " polled_at_ms BIGINT NOT NULL,"   /* our clock: last page that was applied */
    " settled_at_ms BIGINT NOT NULL);" /* our clock: start of the last walk that reached the end */
    "INSERT INTO feed VALUES ('events', '', 0, 0, 0);",

    /* 1 to 2. '' stands for any. Nothing is filled in from the log: a token lives for minutes, and
     * what ended before this step was not refused either. */
    "CREATE TABLE revocation ("
    " session_id TEXT NOT NULL,"
    " user_id TEXT NOT NULL,"
    " organization_id TEXT NOT NULL,"
    " revoked_at_ms BIGINT NOT NULL,"
    " PRIMARY KEY (session_id, user_id, organization_id));",

    /* 2 to 3. What servers share: who does a thing that must be done once, and their sessions. */
    "CREATE TABLE lease ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " fence BIGINT NOT NULL,"      /* grows with each holder */
    " ends_at_ms BIGINT NOT NULL," /* of the lease; once there is a result: of its memory */
    " result TEXT);"               /* NULL: not finished */
    "CREATE INDEX lease_by_end ON lease (ends_at_ms);"
    "CREATE TABLE web_session ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " record TEXT NOT NULL," /* sealed */
    " ends_at_ms BIGINT NOT NULL);"
    "CREATE INDEX web_session_by_end ON web_session (ends_at_ms);",

    /* 3 to 4. Walks through the state API: how far each is, what it saw, what it found. */
    "CREATE TABLE walk ("
    " id BIGINT NOT NULL PRIMARY KEY,"
    " is_dry SMALLINT NOT NULL,"
    " state TEXT NOT NULL," /* listing, walking, sweeping, done, held, left */
    " started_at_ms BIGINT NOT NULL,"
    " finished_at_ms BIGINT NOT NULL," /* 0: under way */
    " stamp_ms BIGINT NOT NULL,"       /* the version of what it writes: walk.h */
    " stamp_id TEXT NOT NULL,"
    " position TEXT NOT NULL,"      /* in the list of directories; '' at its beginning */
    " has_gaps SMALLINT NOT NULL);" /* that list held something unreadable */
    "CREATE TABLE walk_directory ("
    " walk_id BIGINT NOT NULL,"
    " directory_id TEXT NOT NULL,"
    " organization_id TEXT NOT NULL," /* '' when it has none */
    " phase TEXT NOT NULL,"           /* groups, users, done, failed */
    " position TEXT NOT NULL,"
    " has_gaps SMALLINT NOT NULL,"
    " asked_at_ms BIGINT NOT NULL,"
    " n_seen BIGINT NOT NULL,"
    " n_expected BIGINT NOT NULL," /* 0: WorkOS did not say */
    " PRIMARY KEY (walk_id, directory_id));"
    "CREATE TABLE walk_seen (walk_id BIGINT NOT NULL, id TEXT NOT NULL,"
    " PRIMARY KEY (walk_id, id));"
    "CREATE TABLE drift ("
    " walk_id BIGINT NOT NULL,"
    " organization_id TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " n BIGINT NOT NULL,"
    " PRIMARY KEY (walk_id, organization_id, what));",

    /* 4 to 5. Who is handed the events, and how far each is. */
    "CREATE TABLE consumer ("
    " name TEXT NOT NULL PRIMARY KEY,"
    " position BIGINT NOT NULL," /* sequence: all up to here is done */
    " reached BIGINT NOT NULL,"  /* the highest sequence that ever was done */
    " subscribed_at_ms BIGINT NOT NULL,"
    " done_at_ms BIGINT NOT NULL,"   /* our clock: the last event; 0: none yet */
    " n_failures BIGINT NOT NULL,"   /* in a row, of the event below */
    " failed_at_ms BIGINT NOT NULL," /* the last of them */
    " failed_id TEXT,"
    " failure TEXT);",

    /* 5 to 6. Finding events: by what they name, and in blocks of them by text, which is in lower
     * case there, and by directory. What earlier versions logged is put in by event-index.c. */
    "CREATE TABLE event_object ("
    " object_id TEXT NOT NULL,"
    " created_at_ms BIGINT NOT NULL,"
    " sequence BIGINT NOT NULL,"
    " PRIMARY KEY (object_id, created_at_ms, sequence)) WITHOUT ROWID;"
    "CREATE TABLE event_block ("
    " last_sequence INTEGER PRIMARY KEY,"
    " first_sequence BIGINT NOT NULL,"
    " from_ms BIGINT NOT NULL," /* created_at of the oldest, and of the newest */
    " to_ms BIGINT NOT NULL,"
    " n_events BIGINT NOT NULL,"
    " owners TEXT NOT NULL," /* ids of organizations and directories, each once */
    " types TEXT NOT NULL,"  /* of each event, as the next */
    " words TEXT NOT NULL);" /* subject and id */
    "CREATE INDEX event_block_by_from ON event_block (from_ms, last_sequence);"
    "CREATE INDEX event_block_by_to ON event_block (to_ms, last_sequence);"
    "ALTER TABLE lease ADD COLUMN holder TEXT;" /* for people: who on which machine */
    /* The reader of events that parked ones were last tried with: record.h. */
    "ALTER TABLE feed ADD COLUMN reader BIGINT NOT NULL DEFAULT 0;",

    /* 6 to 7. Forgetting events: from where on they are kept, and the times whose events never
     * came. former_*: what the newest forgotten event said of the row, where a later one has spoken
     * since; so what was at any time from kept_from_ms on is known without it. See forget.h. */
    "ALTER TABLE feed ADD COLUMN kept_from_ms BIGINT NOT NULL DEFAULT 0;"
    "CREATE TABLE gap ("
    " since_ms BIGINT NOT NULL PRIMARY KEY,"
    " until_ms BIGINT NOT NULL,"
    " noted_at_ms BIGINT NOT NULL);" /* our clock */
    "ALTER TABLE directory ADD COLUMN former_deleted SMALLINT;"
    "ALTER TABLE directory ADD COLUMN former_version_ms BIGINT;"
    "ALTER TABLE directory ADD COLUMN former_version_id TEXT;"
    "ALTER TABLE directory ADD COLUMN former_killed_ms BIGINT;"
    "ALTER TABLE directory ADD COLUMN former_killed_id TEXT;"
    "ALTER TABLE directory ADD COLUMN former_organization_id TEXT;"
    "ALTER TABLE directory ADD COLUMN former_name TEXT;"
    "ALTER TABLE directory ADD COLUMN former_type TEXT;"
    "ALTER TABLE directory ADD COLUMN former_state TEXT;"
    "ALTER TABLE directory ADD COLUMN former_created_at_ms BIGINT;"
    "ALTER TABLE directory ADD COLUMN former_updated_at_ms BIGINT;"
    "ALTER TABLE directory_user ADD COLUMN former_deleted SMALLINT;"
    "ALTER TABLE directory_user ADD COLUMN former_version_ms BIGINT;"
    "ALTER TABLE directory_user ADD COLUMN former_version_id TEXT;"
    "ALTER TABLE directory_user ADD COLUMN former_killed_ms BIGINT;"
    "ALTER TABLE directory_user ADD COLUMN former_killed_id TEXT;"
    "ALTER TABLE directory_user ADD COLUMN former_json TEXT;"
    "ALTER TABLE directory_group ADD COLUMN former_deleted SMALLINT;"
    "ALTER TABLE directory_group ADD COLUMN former_version_ms BIGINT;"
    "ALTER TABLE directory_group ADD COLUMN former_version_id TEXT;"
    "ALTER TABLE directory_group ADD COLUMN former_killed_ms BIGINT;"
    "ALTER TABLE directory_group ADD COLUMN former_killed_id TEXT;"
    "ALTER TABLE directory_group ADD COLUMN former_json TEXT;"
    "ALTER TABLE membership ADD COLUMN former_deleted SMALLINT;"
    "ALTER TABLE membership ADD COLUMN former_version_ms BIGINT;"
    "ALTER TABLE membership ADD COLUMN former_version_id TEXT;",
};

/* The version that brought event_object and event_block. */
enum { LK__SCHEMA_EVENT_INDEX = 6 };
#define LK__SCHEMA_VERSION ((int64_t)(sizeof(lk__schema_steps) / sizeof(lk__schema_steps[0])))

#endif
