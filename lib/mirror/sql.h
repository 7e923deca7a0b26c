/* Every statement of the mirror, in the words that SQLite and PostgreSQL share. */
#ifndef LK_MIRROR_SQL_H
#define LK_MIRROR_SQL_H

/* ---- Events ---- */

/* For lk__store_add(). */
#define LK__SQL_ADD_EVENT                                                                       \
    "INSERT INTO event (id, type, created_at_ms, learned_at_ms, organization_id, directory_id," \
    " subject) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING"
#define LK__SQL_ADD_BODY "INSERT INTO event_body (sequence, json) VALUES ($1, $2)"
#define LK__SQL_PARK     "INSERT INTO parked (sequence, reason) VALUES ($1, $2)"

#define LK__SQL_PARK_AGAIN "UPDATE parked SET reason = $2 WHERE sequence = $1"
#define LK__SQL_UNPARK     "DELETE FROM parked WHERE sequence = $1"
#define LK__PARKED_AFTER                                                            \
    " FROM parked p JOIN event e ON e.sequence = p.sequence LEFT JOIN event_body b" \
    " ON b.sequence = p.sequence WHERE p.sequence > $1 ORDER BY p.sequence LIMIT $2"
#define LK__SQL_PARKED "SELECT p.sequence, e.id, e.type, e.created_at_ms, b.json" LK__PARKED_AFTER
#define LK__SQL_LIST_PARKED \
    "SELECT p.sequence, e.id, e.type, e.created_at_ms, p.reason" LK__PARKED_AFTER
#define LK__SQL_READER     "SELECT reader FROM feed WHERE name = 'events'"
#define LK__SQL_SET_READER "UPDATE feed SET reader = $1 WHERE name = 'events' AND reader < $1"

#define LK__SQL_EVENT_PLACE "SELECT sequence, created_at_ms FROM event WHERE id = $1"
#define LK__EVENT_COLUMNS                                                                  \
    "SELECT e.sequence, e.id, e.type, e.created_at_ms, e.organization_id, e.directory_id," \
    " e.subject, b.json"
/* LEFT JOIN, since each event has a body: it keeps the planner from starting with the bodies. */
#define LK__WITH_BODY  " LEFT JOIN event_body b ON b.sequence = e.sequence WHERE TRUE"
#define LK__SQL_EVENTS LK__EVENT_COLUMNS " FROM event e" LK__WITH_BODY
/* CROSS, which SQLite does not turn round: it begins with the object. */
#define LK__BY_OBJECT " FROM event_object o CROSS JOIN event e"
#define LK__SQL_EVENTS_OF_OBJECT \
    LK__EVENT_COLUMNS LK__BY_OBJECT LK__WITH_BODY " AND e.sequence = o.sequence"
#define LK__SQL_COUNT_EVENTS "SELECT COUNT(*) FROM event e WHERE TRUE"
#define LK__SQL_COUNT_EVENTS_OF_OBJECT \
    "SELECT COUNT(*)" LK__BY_OBJECT " WHERE e.sequence = o.sequence"

/* The values stand behind "-", "/" and "WHERE …". */
#define LK__SQL_SPANS_SINCE "SELECT (e.created_at_ms - "
#define LK__SQL_SPANS_OF    ") / "
#define LK__SQL_SPANS_FROM  ", e.type, COUNT(*) FROM event e WHERE TRUE"
#define LK__SQL_SPANS_FROM_OBJECT \
    ", e.type, COUNT(*)" LK__BY_OBJECT " WHERE e.sequence = o.sequence"
#define LK__SQL_BY_SPAN " GROUP BY 1, 2 ORDER BY 1, 2"

/* ---- Finding events ---- */

#define LK__SQL_ADD_OBJECT \
    "INSERT INTO event_object (object_id, created_at_ms, sequence) VALUES ($1, $2, $3)"
#define LK__SQL_ADD_BLOCK                                                               \
    "INSERT INTO event_block (last_sequence, first_sequence, from_ms, to_ms, n_events," \
    " owners, types, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
#define LK__LAST_SEALED        "(SELECT COALESCE(MAX(last_sequence), 0) FROM event_block)"
#define LK__SQL_COUNT_UNSEALED "SELECT COUNT(*) FROM event WHERE sequence > " LK__LAST_SEALED
#define LK__SQL_UNSEALED                                                               \
    "SELECT sequence, id, type, created_at_ms, organization_id, directory_id, subject" \
    " FROM event WHERE sequence > " LK__LAST_SEALED " ORDER BY sequence LIMIT $1"
#define LK__SQL_LAST_SEALED "SELECT " LK__LAST_SEALED
#define LK__SQL_LOGGED_AFTER                                                   \
    "SELECT e.sequence, e.id, e.type, e.created_at_ms, b.json FROM event e"    \
    " LEFT JOIN event_body b ON b.sequence = e.sequence WHERE e.sequence > $1" \
    " ORDER BY e.sequence LIMIT $2"
/* The events of a block: its two numbers stand behind the parts. The limit, which is none, keeps
 * planners from taking the outer conditions inside, and another index with them. */
#define LK__BLOCK_EVENTS                                                              \
    " FROM (SELECT sequence, id, type, created_at_ms, organization_id, directory_id," \
    " subject FROM event WHERE sequence >= "
#define LK__SQL_BLOCK_EVENTS    LK__EVENT_COLUMNS LK__BLOCK_EVENTS
#define LK__SQL_COUNT_BLOCK     "SELECT COUNT(*)" LK__BLOCK_EVENTS
#define LK__SQL_BLOCK_TO        " AND sequence <= "
#define LK__SQL_BLOCK_END       " ORDER BY sequence LIMIT 1000000000) e"
#define LK__SQL_BLOCK_WITH_BODY LK__SQL_BLOCK_END LK__WITH_BODY
#define LK__SQL_BLOCK_FOR_COUNT LK__SQL_BLOCK_END " WHERE TRUE"
#define LK__SQL_BLOCKS                                                               \
    "SELECT k.first_sequence, k.last_sequence, k.from_ms, k.to_ms, k.types, k.words" \
    " FROM event_block k WHERE TRUE"
#define LK__SQL_SEALED_COUNT "SELECT CAST(COALESCE(SUM(n_events), 0) AS BIGINT) FROM event_block"

/* From one to the next in the index, instead of through all events. */
#define LK__SQL_EVENT_TYPES                                                        \
    "WITH RECURSIVE known (type) AS (SELECT MIN(type) FROM event UNION ALL"        \
    " SELECT (SELECT MIN(e.type) FROM event e WHERE e.type > k.type) FROM known k" \
    " WHERE k.type IS NOT NULL) SELECT type FROM known WHERE type IS NOT NULL LIMIT 200"
#define LK__SQL_COUNT_TYPE "SELECT COUNT(*) FROM event WHERE type = $1"

/* ---- Registers: the newer event wins ---- */

#define LK__SQL_NEWER(table)                                                            \
    " WHERE (excluded.version_ms, excluded.version_id) > (" table ".version_ms, " table \
    ".version_id)"
/* What the row was, where the event that said so is forgotten, or will be: older than the mark, the
 * last argument. Behind the other assignments. */
#define LK__FORMER(table, column, mark)                                                      \
    ", former_" column " = CASE WHEN " table ".version_ms < " mark " THEN " table "." column \
    " ELSE " table ".former_" column " END"
#define LK__FORMER_VERSION(table, mark) \
    LK__FORMER(table, "deleted", mark)  \
    LK__FORMER(table, "version_ms", mark) LK__FORMER(table, "version_id", mark)
#define LK__FORMER_RECORD(table, mark) \
    LK__FORMER_VERSION(table, mark) LK__FORMER(table, "json", mark)
#define LK__FORMER_DIRECTORY(mark)                   \
    LK__FORMER_VERSION("directory", mark)            \
    LK__FORMER("directory", "organization_id", mark) \
    LK__FORMER("directory", "name", mark)            \
    LK__FORMER("directory", "type", mark)            \
    LK__FORMER("directory", "state", mark)           \
    LK__FORMER("directory", "created_at_ms", mark) LK__FORMER("directory", "updated_at_ms", mark)

#define LK__SQL_KILL(table)                                                                  \
    "UPDATE " table " SET killed_ms = $2, killed_id = $3, former_killed_ms = CASE WHEN"      \
    " killed_ms < $4 THEN killed_ms ELSE former_killed_ms END, former_killed_id = CASE WHEN" \
    " killed_ms < $4 THEN killed_id ELSE former_killed_id END WHERE id = $1 AND "            \
    "((killed_ms, killed_id) >= ($2, $3)) IS NOT TRUE"

#define LK__SQL_PUT_DIRECTORY                                                          \
    "INSERT INTO directory (id, organization_id, name, type, state, created_at_ms,"    \
    " updated_at_ms, deleted, version_ms, version_id)"                                 \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"                                \
    " ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id,"      \
    " name = excluded.name, type = excluded.type, state = excluded.state,"             \
    " created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms," \
    " deleted = excluded.deleted, version_ms = excluded.version_ms,"                   \
    " version_id = excluded.version_id" LK__FORMER_DIRECTORY("$11") LK__SQL_NEWER("directory")

#define LK__SQL_PUT_USER                                                                        \
    "INSERT INTO directory_user (id, directory_id, organization_id, idp_id, email, first_name," \
    " last_name, state, role, custom_attributes_json, created_at_ms, updated_at_ms, deleted,"   \
    " version_ms, version_id, json)"                                                            \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"           \
    " ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id,"                     \
    " organization_id = excluded.organization_id, idp_id = excluded.idp_id,"                    \
    " email = excluded.email, first_name = excluded.first_name,"                                \
    " last_name = excluded.last_name, state = excluded.state, role = excluded.role,"            \
    " custom_attributes_json = excluded.custom_attributes_json,"                                \
    " created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms,"          \
    " deleted = excluded.deleted, version_ms = excluded.version_ms,"                            \
    " version_id = excluded.version_id, json = excluded.json" LK__FORMER_RECORD(                \
        "directory_user", "$17") LK__SQL_NEWER("directory_user")

#define LK__SQL_PUT_GROUP                                                           \
    "INSERT INTO directory_group (id, directory_id, organization_id, idp_id, name," \
    " created_at_ms, updated_at_ms, deleted, version_ms, version_id, json)"         \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"                        \
    " ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id,"         \
    " organization_id = excluded.organization_id, idp_id = excluded.idp_id,"        \
    " name = excluded.name, created_at_ms = excluded.created_at_ms,"                \
    " updated_at_ms = excluded.updated_at_ms, deleted = excluded.deleted,"          \
    " version_ms = excluded.version_ms, version_id = excluded.version_id,"          \
    " json = excluded.json" LK__FORMER_RECORD("directory_group", "$12")             \
        LK__SQL_NEWER("directory_group")

#define LK__SQL_PUT_MEMBERSHIP                                                                  \
    "INSERT INTO membership (group_id, user_id, directory_id, deleted, version_ms, version_id)" \
    " VALUES ($1, $2, $3, $4, $5, $6)"                                                          \
    " ON CONFLICT (group_id, user_id) DO UPDATE SET directory_id = excluded.directory_id,"      \
    " deleted = excluded.deleted, version_ms = excluded.version_ms,"                            \
    " version_id = excluded.version_id" LK__FORMER_VERSION("membership", "$7")                  \
        LK__SQL_NEWER("membership")

#define LK__SQL_KILL_DIRECTORY LK__SQL_KILL("directory")
#define LK__SQL_KILL_USER      LK__SQL_KILL("directory_user")
#define LK__SQL_KILL_GROUP     LK__SQL_KILL("directory_group")

/* ---- What is live ---- */

/* Not older than the newest deletion of what it hangs on; a missing owner never died. */
#define LK__SQL_OUTLIVES(child, owner)                                                  \
    " AND ((" child ".version_ms, " child ".version_id) < (" owner ".killed_ms, " owner \
    ".killed_id)) IS NOT TRUE"

#define LK__DIRECTORY_COLUMNS                                                   \
    "SELECT r.id, r.organization_id, r.name, r.type, r.state, r.created_at_ms," \
    " r.updated_at_ms"
#define LK__USER_COLUMNS                                                               \
    "SELECT r.id, r.directory_id, r.organization_id, r.idp_id, r.email, r.first_name," \
    " r.last_name, r.state, r.role, r.custom_attributes_json, r.created_at_ms,"        \
    " r.updated_at_ms, r.json"
#define LK__GROUP_COLUMNS                                               \
    "SELECT r.id, r.directory_id, r.organization_id, r.idp_id, r.name," \
    " r.created_at_ms, r.updated_at_ms, r.json"
#define LK__FROM_USERS  " FROM directory_user r LEFT JOIN directory d ON d.id = r.directory_id"
#define LK__FROM_GROUPS " FROM directory_group r LEFT JOIN directory d ON d.id = r.directory_id"

#define LK__SQL_DIRECTORIES LK__DIRECTORY_COLUMNS " FROM directory r WHERE r.deleted = 0"
#define LK__SQL_LIVE_USERS  LK__FROM_USERS " WHERE r.deleted = 0" LK__SQL_OUTLIVES("r", "d")
#define LK__SQL_USERS       LK__USER_COLUMNS LK__SQL_LIVE_USERS
#define LK__SQL_LIVE_GROUPS LK__FROM_GROUPS " WHERE r.deleted = 0" LK__SQL_OUTLIVES("r", "d")
#define LK__SQL_GROUPS      LK__GROUP_COLUMNS LK__SQL_LIVE_GROUPS

/* All that ever were. The last column is when they were deleted, or 0: whoever spoke last of a row
 * that is deleted has deleted it. */
#define LK__DELETED_AT                                                                \
    ", CASE WHEN r.deleted <> 0 THEN r.version_ms WHEN (r.version_ms, r.version_id) " \
    "< (d.killed_ms, d.killed_id) THEN d.killed_ms ELSE 0 END"
#define LK__SQL_EVER_DIRECTORIES                                                    \
    LK__DIRECTORY_COLUMNS ", CASE WHEN r.deleted <> 0 THEN r.version_ms ELSE 0 END" \
                          " FROM directory r WHERE TRUE"
#define LK__SQL_EVER_USERS  LK__USER_COLUMNS LK__DELETED_AT LK__FROM_USERS " WHERE TRUE"
#define LK__SQL_EVER_GROUPS LK__GROUP_COLUMNS LK__DELETED_AT LK__FROM_GROUPS " WHERE TRUE"

/* A membership needs both ends alive, and must be newer than the last deletion of either end and
 * of the directory. */
#define LK__SQL_LIVE_MEMBERSHIPS                                                          \
    " FROM membership m JOIN directory_user u ON u.id = m.user_id"                        \
    " JOIN directory_group g ON g.id = m.group_id"                                        \
    " LEFT JOIN directory d ON d.id = m.directory_id"                                     \
    " LEFT JOIN directory ud ON ud.id = u.directory_id"                                   \
    " LEFT JOIN directory gd ON gd.id = g.directory_id"                                   \
    " WHERE m.deleted = 0 AND u.deleted = 0 AND g.deleted = 0" LK__SQL_OUTLIVES("m", "u") \
        LK__SQL_OUTLIVES("m", "g") LK__SQL_OUTLIVES("m", "d") LK__SQL_OUTLIVES("u", "ud") \
            LK__SQL_OUTLIVES("g", "gd")
/* Filters for lists: the value stands in front of what these end with. */
#define LK__SQL_IN_GROUP \
    " AND r.id IN (SELECT m.user_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.group_id = "
#define LK__SQL_WITH_MEMBER \
    " AND r.id IN (SELECT m.group_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.user_id = "
#define LK__SQL_GROUPS_OF_USER \
    "SELECT m.group_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.user_id = $1 ORDER BY m.group_id"
/* The same for several, whose ids stand between these and the order. */
#define LK__SQL_GROUPS_OF_USERS \
    "SELECT m.user_id, m.group_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.user_id IN ("
#define LK__SQL_MEMBERS_OF_GROUPS \
    "SELECT m.group_id, m.user_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.group_id IN ("
#define LK__SQL_BY_OWNER ") ORDER BY 1, 2"

/* ---- As of a time ---- */

/* Behind the record: the register's own columns, and what the former record is read from. */
#define LK__REGISTER_END                                                               \
    ", r.deleted, r.version_ms, r.version_id, r.killed_ms, r.killed_id,"               \
    " r.former_deleted, r.former_version_ms, r.former_version_id, r.former_killed_ms," \
    " r.former_killed_id, "
#define LK__SQL_DIRECTORY_REGISTER                                                \
    LK__DIRECTORY_COLUMNS LK__REGISTER_END                                        \
        "r.former_organization_id, r.former_name, r.former_type, r.former_state," \
        " r.former_created_at_ms, r.former_updated_at_ms FROM directory r WHERE r.id = $1"
#define LK__SQL_USER_REGISTER \
    LK__USER_COLUMNS LK__REGISTER_END "r.former_json FROM directory_user r WHERE r.id = $1"
#define LK__SQL_GROUP_REGISTER \
    LK__GROUP_COLUMNS LK__REGISTER_END "r.former_json FROM directory_group r WHERE r.id = $1"
#define LK__SQL_MEMBERSHIP_REGISTER                                         \
    "SELECT deleted, version_ms, version_id, directory_id, former_deleted," \
    " former_version_ms, former_version_id FROM membership"                 \
    " WHERE group_id = $1 AND user_id = $2"
#define LK__SQL_ALL_GROUPS_OF_USER \
    "SELECT group_id FROM membership WHERE user_id = $1 ORDER BY group_id"
#define LK__SQL_ALL_MEMBERS_OF_GROUP \
    "SELECT user_id FROM membership WHERE group_id = $1 ORDER BY user_id"
/* The newest event that speaks of the object $1, or of that and $3, not after $2, and the first one
 * after it; types: a list in brackets. */
#define LK__LOGGED_EVENT " SELECT e.id, e.type, e.created_at_ms, b.json"
#define LK__LOGGED_WITH(when)                               \
    " LEFT JOIN event_body b ON b.sequence = e.sequence"    \
    " LEFT JOIN parked p ON p.sequence = e.sequence"        \
    " WHERE e.sequence = o.sequence AND p.sequence IS NULL" \
    " AND o.object_id = $1 AND o.created_at_ms " when " $2 AND e.type IN "
#define LK__LOGGED_OF_BOTH                                             \
    "('dsync.group.user_added', 'dsync.group.user_removed')"           \
    " AND EXISTS (SELECT 1 FROM event_object x WHERE x.object_id = $3" \
    " AND x.created_at_ms = o.created_at_ms AND x.sequence = o.sequence)"
#define LK__LOGGED_LAST  " ORDER BY o.created_at_ms DESC, e.id DESC LIMIT 1"
#define LK__LOGGED_FIRST " ORDER BY o.created_at_ms, e.id LIMIT 1"
#define LK__SQL_NEWEST_OF(types) \
    LK__LOGGED_EVENT LK__BY_OBJECT LK__LOGGED_WITH("<=") types LK__LOGGED_LAST
#define LK__SQL_NEXT_OF(types) \
    LK__LOGGED_EVENT LK__BY_OBJECT LK__LOGGED_WITH(">") types LK__LOGGED_FIRST
#define LK__SQL_NEWEST_OF_BOTH LK__SQL_NEWEST_OF(LK__LOGGED_OF_BOTH)
#define LK__SQL_NEXT_OF_BOTH   LK__SQL_NEXT_OF(LK__LOGGED_OF_BOTH)
/* The id they come after stands behind these. */
#define LK__SQL_ALL_DIRECTORIES "SELECT r.id FROM directory r WHERE r.id > "
#define LK__SQL_ALL_GROUPS                                                              \
    "SELECT r.id FROM directory_group r LEFT JOIN directory d ON d.id = r.directory_id" \
    " WHERE r.id > "
#define LK__SQL_ALL_USERS                                                              \
    "SELECT r.id FROM directory_user r LEFT JOIN directory d ON d.id = r.directory_id" \
    " WHERE r.id > "
/* Behind the time, which is $2. A version that a newer one has replaced had a time before it. */
#define LK__SQL_CHANGED " < r.version_ms"
#define LK__SQL_CHANGED_MEMBER                                      \
    " < CASE WHEN d.killed_ms > r.version_ms THEN d.killed_ms ELSE" \
    " r.version_ms END"
#define LK__SQL_CHANGED_USER                                                           \
    " < CASE WHEN r.version_ms > $2 OR r.killed_ms > $2 OR d.killed_ms > $2 OR EXISTS" \
    " (SELECT 1 FROM membership m LEFT JOIN directory_group g ON g.id = m.group_id"    \
    " WHERE m.user_id = r.id AND (m.version_ms > $2 OR g.version_ms > $2"              \
    " OR g.killed_ms > $2)) THEN $2 + 1 ELSE $2 END"
#define LK__SQL_HOW_LOGGED                            \
    "SELECT e.learned_at_ms, p.sequence FROM event e" \
    " LEFT JOIN parked p ON p.sequence = e.sequence WHERE e.sequence = $1"
/* Older events may still be there, but not all of them. */
#define LK__SQL_LOG_BEGIN                                              \
    "SELECT CASE WHEN kept_from_ms > 0 THEN kept_from_ms ELSE (SELECT" \
    " COALESCE(MIN(created_at_ms), 0) FROM event) END FROM feed WHERE name = 'events'"

/* ---- The feed ---- */

#define LK__SQL_FEED                                                         \
    "SELECT cursor, cursor_at_ms, polled_at_ms, settled_at_ms, kept_from_ms" \
    " FROM feed WHERE name = 'events'"
/* Compare and set: no row when another process moved the cursor meanwhile, or ($6: a fence, or 0)
 * took over the feed's lease. */
#define LK__SQL_MOVE_FEED                                                         \
    "UPDATE feed SET cursor = $2, cursor_at_ms = $3, polled_at_ms = $4,"          \
    " settled_at_ms = $5 WHERE name = 'events' AND cursor = $1 AND"               \
    " (CAST($6 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM lease WHERE name = 'feed'" \
    " AND fence = CAST($6 AS BIGINT))) RETURNING kept_from_ms"
/* The newest event with nothing unseen before it: see feed.c. The feed has not been to what lies
 * behind the cursor ($3, $4). */
#define LK__SQL_ANCHOR                                                                        \
    "SELECT id FROM event WHERE created_at_ms <= $1 OR (learned_at_ms <= $2 AND"              \
    " created_at_ms <= $2 AND (created_at_ms, id) <= (CAST($3 AS BIGINT), CAST($4 AS TEXT)))" \
    " ORDER BY created_at_ms DESC, id DESC LIMIT 1"

#define LK__SQL_COUNTS                                                        \
    "SELECT (SELECT COALESCE(MAX(created_at_ms), 0) FROM event),"             \
    " (SELECT COUNT(*) FROM event), (SELECT COUNT(*)" LK__SQL_LIVE_USERS ")," \
    " (SELECT COUNT(*)" LK__SQL_LIVE_GROUPS "),"                              \
    " (SELECT COUNT(*) FROM directory WHERE deleted = 0), (SELECT COUNT(*) FROM parked)"

/* ---- What is kept ---- */

#define LK__SQL_KEPT_FROM "SELECT kept_from_ms FROM feed WHERE name = 'events'"
#define LK__SQL_KEEP_FROM \
    "UPDATE feed SET kept_from_ms = $1 WHERE name = 'events' AND kept_from_ms < $1"
/* The next block behind the sequence $2 that holds something older than $1. "+ 0" keeps a planner
 * from walking through all blocks in their own order. */
#define LK__SQL_OLD_BLOCK                                                         \
    "SELECT first_sequence, last_sequence FROM event_block WHERE last_sequence =" \
    " (SELECT MIN(k.last_sequence + 0) FROM event_block k WHERE k.from_ms < $1"   \
    " AND k.last_sequence + 0 > $2)"
/* Of these sequences what may be forgotten: it is older than $3, was applied, every consumer is
 * done with it, and it is not the last, whose sequence would be given away again. */
#define LK__SQL_OLD_EVENTS                                                       \
    "SELECT e.sequence, e.id, e.type, e.created_at_ms, b.json FROM event e"      \
    " LEFT JOIN event_body b ON b.sequence = e.sequence"                         \
    " LEFT JOIN parked p ON p.sequence = e.sequence"                             \
    " WHERE e.sequence >= $1 AND e.sequence <= $2 AND e.created_at_ms < $3"      \
    " AND p.sequence IS NULL AND e.sequence < (SELECT MAX(sequence) FROM event)" \
    " AND NOT EXISTS (SELECT 1 FROM consumer c WHERE c.position < e.sequence)"   \
    " ORDER BY e.sequence LIMIT $4"
#define LK__SQL_DROP_OBJECT \
    "DELETE FROM event_object WHERE object_id = $1 AND created_at_ms = $2 AND sequence = $3"
#define LK__SQL_DROP_BODY  "DELETE FROM event_body WHERE sequence = $1"
#define LK__SQL_DROP_EVENT "DELETE FROM event WHERE sequence = $1"
#define LK__SQL_DROP_BLOCK "DELETE FROM event_block WHERE last_sequence = $1"
#define LK__SQL_REST_OF_BLOCK                                                          \
    "SELECT sequence, id, type, created_at_ms, organization_id, directory_id, subject" \
    " FROM event WHERE sequence >= $1 AND sequence <= $2 ORDER BY sequence"

/* What a forgotten event said, where a later one has spoken since. */
#define LK__SQL_SET_FORMER(table, columns)                                                  \
    "UPDATE " table " SET former_version_ms = $2, former_version_id = $3,"                  \
    " former_deleted = $4" columns " WHERE id = $1 AND (version_ms, version_id) > ($2, $3)" \
    " AND ((former_version_ms, former_version_id) >= ($2, $3)) IS NOT TRUE"
#define LK__SQL_FORMER_DIRECTORY                                                            \
    LK__SQL_SET_FORMER("directory",                                                         \
                       ", former_organization_id = $5, former_name = $6, former_type = $7," \
                       " former_state = $8, former_created_at_ms = $9,"                     \
                       " former_updated_at_ms = $10")
#define LK__SQL_FORMER_USER  LK__SQL_SET_FORMER("directory_user", ", former_json = $5")
#define LK__SQL_FORMER_GROUP LK__SQL_SET_FORMER("directory_group", ", former_json = $5")
#define LK__SQL_FORMER_MEMBERSHIP                                           \
    "UPDATE membership SET former_version_ms = $3, former_version_id = $4," \
    " former_deleted = $5 WHERE group_id = $1 AND user_id = $2"             \
    " AND (version_ms, version_id) > ($3, $4)"                              \
    " AND ((former_version_ms, former_version_id) >= ($3, $4)) IS NOT TRUE"
#define LK__SQL_FORMER_KILL(table)                                                    \
    "UPDATE " table " SET former_killed_ms = $2, former_killed_id = $3 WHERE id = $1" \
    " AND (killed_ms, killed_id) > ($2, $3)"                                          \
    " AND ((former_killed_ms, former_killed_id) >= ($2, $3)) IS NOT TRUE"

#define LK__SQL_NOTE_GAP                                                    \
    "INSERT INTO gap (since_ms, until_ms, noted_at_ms) VALUES ($1, $2, $3)" \
    " ON CONFLICT (since_ms) DO UPDATE SET until_ms = excluded.until_ms,"   \
    " noted_at_ms = excluded.noted_at_ms WHERE excluded.until_ms > gap.until_ms"
#define LK__SQL_GAPS      "SELECT since_ms, until_ms, noted_at_ms FROM gap ORDER BY since_ms LIMIT $1"
#define LK__SQL_DROP_GAPS "DELETE FROM gap WHERE until_ms <= $1"

/* ---- Sessions that ended early ---- */

#define LK__SQL_REVOKE                                                                      \
    "INSERT INTO revocation (session_id, user_id, organization_id, revoked_at_ms)"          \
    " VALUES ($1, $2, $3, $4) ON CONFLICT (session_id, user_id, organization_id) DO UPDATE" \
    " SET revoked_at_ms = excluded.revoked_at_ms"                                           \
    " WHERE excluded.revoked_at_ms > revocation.revoked_at_ms"
#define LK__SQL_IS_REVOKED                                                  \
    "SELECT 1 FROM revocation"                                              \
    " WHERE (session_id = $1 AND user_id = '' AND organization_id = '')"    \
    " OR (session_id = '' AND user_id = $2 AND organization_id IN ('', $3)" \
    " AND revoked_at_ms >= $4) LIMIT 1"

/* ---- Leases ---- */

/* No row: nobody holds it, and nobody left a result. Beyond $3 no lease can end: the clock was set
 * back. */
#define LK__SQL_LEASE \
    "SELECT result FROM lease WHERE name = $1 AND ends_at_ms > $2 AND ends_at_ms <= $3"
/* No row: somebody was faster. $2 is now, and the fence where that is higher than the last. */
#define LK__SQL_TAKE_LEASE                                                               \
    "INSERT INTO lease (name, fence, ends_at_ms, result) VALUES ($1, $2, $3, NULL)"      \
    " ON CONFLICT (name) DO UPDATE SET ends_at_ms = excluded.ends_at_ms, result = NULL," \
    " fence = CASE WHEN lease.fence < excluded.fence THEN excluded.fence"                \
    " ELSE lease.fence + 1 END WHERE lease.ends_at_ms <= $2 OR lease.ends_at_ms > $4"    \
    " RETURNING fence"
/* No row: it was taken over. */
#define LK__SQL_RENEW_LEASE                                                              \
    "UPDATE lease SET ends_at_ms = $3 WHERE name = $1 AND fence = $2 AND result IS NULL" \
    " RETURNING fence"
#define LK__SQL_SIGN_LEASE "UPDATE lease SET holder = $3 WHERE name = $1 AND fence = $2"
#define LK__SQL_LEASE_HOLDER \
    "SELECT holder, ends_at_ms FROM lease WHERE name = 'feed' AND result IS NULL"
#define LK__SQL_HOLDS_FEED "SELECT 1 FROM lease WHERE name = 'feed' AND fence = $1"
#define LK__SQL_FINISH_LEASE                                                       \
    "UPDATE lease SET ends_at_ms = $3, result = $4 WHERE name = $1 AND fence = $2" \
    " AND result IS NULL RETURNING fence"
#define LK__SQL_FORGET_LEASES "DELETE FROM lease WHERE ends_at_ms <= $1"

/* ---- Consumers ---- */

#define LK__SQL_HEAD "SELECT CAST(COALESCE(MAX(sequence), 0) AS BIGINT) FROM event"
#define LK__SQL_FIRST_SINCE \
    "SELECT CAST(COALESCE(MIN(sequence), 0) AS BIGINT) FROM event WHERE created_at_ms >= $1"
#define LK__SQL_CONSUMER \
    "SELECT position, reached, n_failures, failed_id FROM consumer WHERE name = $1"
#define LK__SQL_ADD_CONSUMER                                                                   \
    "INSERT INTO consumer (name, position, reached, subscribed_at_ms, done_at_ms, n_failures," \
    " failed_at_ms) VALUES ($1, $2, 0, $3, 0, 0, 0) ON CONFLICT (name) DO NOTHING RETURNING name"
#define LK__SQL_WELL "n_failures = 0, failed_at_ms = 0, failed_id = NULL, failure = NULL"
/* Compare and set, as the next: no row when somebody has moved it meanwhile, or taken over. */
#define LK__SQL_IS_OURS                             \
    " WHERE name = $1 AND position = $2 AND EXISTS" \
    " (SELECT 1 FROM lease WHERE name = $3 AND fence = $4)"
#define LK__SQL_MOVE_CONSUMER                                                                   \
    "UPDATE consumer SET position = $5,"                                                        \
    " reached = CASE WHEN reached < $6 THEN $6 ELSE reached END,"                               \
    " done_at_ms = CASE WHEN $6 > 0 THEN $7 ELSE done_at_ms END, " LK__SQL_WELL LK__SQL_IS_OURS \
    " RETURNING name"
#define LK__SQL_FAIL_CONSUMER                                                              \
    "UPDATE consumer SET n_failures = CASE WHEN failed_id = $5 THEN n_failures + 1 ELSE 1" \
    " END, failed_id = $5, failure = $6, failed_at_ms = $7" LK__SQL_IS_OURS " RETURNING name"
#define LK__SQL_PLACE_CONSUMER \
    "UPDATE consumer SET position = $2, " LK__SQL_WELL " WHERE name = $1 RETURNING name"
#define LK__SQL_SKIP_EVENT                                                                   \
    "UPDATE consumer SET position = $3, " LK__SQL_WELL " WHERE name = $1 AND failed_id = $2" \
    " RETURNING name"
#define LK__SQL_DROP_CONSUMER "DELETE FROM consumer WHERE name = $1 RETURNING name"
#define LK__SQL_CONSUMERS                                                                \
    "SELECT c.name, c.position, c.reached,"                                              \
    " (SELECT COUNT(*) FROM event e WHERE e.sequence > c.position),"                     \
    " COALESCE((SELECT e.learned_at_ms FROM event e WHERE e.sequence > c.position"       \
    " ORDER BY e.sequence LIMIT 1), 0), c.subscribed_at_ms, c.done_at_ms, c.n_failures," \
    " c.failed_at_ms, c.failed_id, c.failure FROM consumer c ORDER BY c.name"

/* ---- Sessions of a server ---- */

#define LK__SQL_SESSION "SELECT record FROM web_session WHERE name = $1 AND ends_at_ms > $2"
#define LK__SQL_PUT_SESSION                                                  \
    "INSERT INTO web_session (name, record, ends_at_ms) VALUES ($1, $2, $3)" \
    " ON CONFLICT (name) DO NOTHING"
/* Compare and set: no row when it is gone, or not the one that was read. */
#define LK__SQL_REPLACE_SESSION                                                           \
    "UPDATE web_session SET record = $3, ends_at_ms = $4 WHERE name = $1 AND record = $2" \
    " RETURNING name"
#define LK__SQL_REMOVE_SESSION \
    "DELETE FROM web_session WHERE name = $1 AND record = COALESCE($2, record) RETURNING name"
#define LK__SQL_FORGET_SESSIONS "DELETE FROM web_session WHERE ends_at_ms <= $1"

/* ---- Walks ---- */

#define LK__WALK_COLUMNS \
    "id, is_dry, state, started_at_ms, finished_at_ms, stamp_ms, stamp_id, position, has_gaps"
#define LK__SQL_WALK "SELECT " LK__WALK_COLUMNS " FROM walk WHERE id = $1"
/* The newest of this kind that is under way, or held and to be forced. */
#define LK__SQL_OPEN_WALK                                                                 \
    "SELECT " LK__WALK_COLUMNS " FROM walk WHERE is_dry = $1 AND started_at_ms > $2"      \
    " AND (state IN ('listing', 'walking', 'sweeping') OR (state = 'held' AND $3 = '1'))" \
    " ORDER BY id DESC LIMIT 1"
#define LK__SQL_LAST_WALK                                                                  \
    "SELECT " LK__WALK_COLUMNS " FROM walk WHERE is_dry = 0 AND state IN ('done', 'held')" \
    " ORDER BY id DESC LIMIT 1"
#define LK__SQL_NEXT_WALK_ID "SELECT COALESCE(MAX(id), 0) + 1 FROM walk"
#define LK__SQL_LEAVE_WALKS                                                 \
    "UPDATE walk SET state = 'left', finished_at_ms = $2 WHERE is_dry = $1" \
    " AND state IN ('listing', 'walking', 'sweeping')"
#define LK__SQL_ADD_WALK \
    "INSERT INTO walk (" LK__WALK_COLUMNS ") VALUES ($1, $2, 'listing', $3, 0, $4, $5, '', 0)"
#define LK__SQL_CURSOR_TIME "SELECT cursor_at_ms FROM feed WHERE name = 'events'"
/* The newest moment before which nothing can still turn up: see walk.h. */
#define LK__SQL_STAMP                                                    \
    "SELECT MAX(created_at_ms) FROM event WHERE created_at_ms <= $1 AND" \
    " (created_at_ms <= $2 OR learned_at_ms <= $3)"
/* Compare and set, as the next: no row when another process has gone on meanwhile. */
#define LK__SQL_MOVE_WALK                                             \
    "UPDATE walk SET state = $4, position = $5, finished_at_ms = $6," \
    " has_gaps = CASE WHEN $7 = '1' THEN 1 ELSE has_gaps END"         \
    " WHERE id = $1 AND state = $2 AND position = $3 RETURNING id"
#define LK__SQL_MOVE_WALK_DIRECTORY                                                 \
    "UPDATE walk_directory SET phase = $5, position = $6, asked_at_ms = $7,"        \
    " n_seen = n_seen + $8, has_gaps = CASE WHEN $9 = '1' THEN 1 ELSE has_gaps END" \
    " WHERE walk_id = $1 AND directory_id = $2 AND phase = $3 AND position = $4"    \
    " RETURNING walk_id"
#define LK__SQL_ADD_WALK_DIRECTORY                                                               \
    "INSERT INTO walk_directory (walk_id, directory_id, organization_id, phase, position,"       \
    " has_gaps, asked_at_ms, n_seen, n_expected) VALUES ($1, $2, $3, 'groups', '', 0, 0, 0, $4)" \
    " ON CONFLICT (walk_id, directory_id) DO NOTHING"
/* The one that was asked least recently. */
#define LK__SQL_NEXT_WALK_DIRECTORY                                                          \
    "SELECT directory_id, organization_id, phase, position, asked_at_ms FROM walk_directory" \
    " WHERE walk_id = $1 AND phase IN ('groups', 'users')"                                   \
    " ORDER BY asked_at_ms, directory_id LIMIT 1"
#define LK__SQL_WALK_COUNTS                                                                     \
    "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN phase IN ('done', 'failed') THEN 1 ELSE 0"    \
    " END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN phase = 'failed' THEN 1 ELSE 0 END), 0)" \
    " AS BIGINT), CAST(COALESCE(SUM(n_seen), 0) AS BIGINT),"                                    \
    " CAST(COALESCE(SUM(CASE WHEN n_expected > n_seen THEN n_expected ELSE n_seen END), 0)"     \
    " AS BIGINT) FROM walk_directory WHERE walk_id = $1"
#define LK__SQL_SEE \
    "INSERT INTO walk_seen (walk_id, id) VALUES ($1, $2) ON CONFLICT (walk_id, id) DO NOTHING"
#define LK__SQL_ADD_DRIFT                                                           \
    "INSERT INTO drift (walk_id, organization_id, what, n) VALUES ($1, $2, $3, $4)" \
    " ON CONFLICT (walk_id, organization_id, what) DO UPDATE SET n = drift.n + excluded.n"
#define LK__SQL_DRIFT                                                         \
    "SELECT organization_id, what, n FROM drift WHERE walk_id = $1 AND n > 0" \
    " ORDER BY organization_id, what"
/* What a held walk counted. */
#define LK__SQL_FORGET_DOOMED                       \
    "DELETE FROM drift WHERE walk_id = $1 AND what" \
    " IN ('users_deleted', 'groups_deleted', 'directories_deleted')"
#define LK__SQL_FORGET_SEEN        "DELETE FROM walk_seen WHERE walk_id <= $1"
#define LK__SQL_FORGET_DIRECTORIES "DELETE FROM walk_directory WHERE walk_id < $1"

/* What is compared with the state API: live rows only. */
#define LK__SQL_COMPARE_DIRECTORY                                        \
    "SELECT r.organization_id, r.name, r.type, r.state FROM directory r" \
    " WHERE r.deleted = 0 AND r.id = $1"
#define LK__SQL_COMPARE_USER                                                           \
    "SELECT r.organization_id, r.idp_id, r.email, r.first_name, r.last_name, r.state," \
    " r.role, r.custom_attributes_json" LK__SQL_LIVE_USERS " AND r.id = $1"
#define LK__SQL_COMPARE_GROUP \
    "SELECT r.organization_id, r.idp_id, r.name" LK__SQL_LIVE_GROUPS " AND r.id = $1"

/* Live, older than the walk, and not seen by it, where it saw everything: in directories that were
 * walked to the end, and ($4 = '1') in those that are no longer listed. */
#define LK__SQL_IS_UNSEEN                                         \
    " AND (r.version_ms, r.version_id) < ($2, $3) AND NOT EXISTS" \
    " (SELECT 1 FROM walk_seen s WHERE s.walk_id = $1 AND s.id = r.id)"
#define LK__SQL_IS_UNSEEN_MEMBER                                                       \
    LK__SQL_IS_UNSEEN                                                                  \
    " AND (EXISTS (SELECT 1 FROM walk_directory w WHERE w.walk_id = $1"                \
    " AND w.directory_id = r.directory_id AND w.phase = 'done' AND w.has_gaps = 0) OR" \
    " ($4 = '1' AND NOT EXISTS (SELECT 1 FROM walk_seen s WHERE s.walk_id = $1"        \
    " AND s.id = r.directory_id)))"
#define LK__SQL_UNSEEN_USERS \
    "SELECT r.id, r.organization_id" LK__SQL_LIVE_USERS LK__SQL_IS_UNSEEN_MEMBER
#define LK__SQL_UNSEEN_GROUPS \
    "SELECT r.id, r.organization_id" LK__SQL_LIVE_GROUPS LK__SQL_IS_UNSEEN_MEMBER
#define LK__SQL_UNSEEN_DIRECTORIES                                                  \
    "SELECT r.id, r.organization_id FROM directory r WHERE r.deleted = 0 AND $4 = " \
    "'1'" LK__SQL_IS_UNSEEN
#define LK__SQL_COUNT(query) "SELECT COUNT(*) FROM (" query ") counted"
#define LK__SQL_LIVE_RECORDS \
    "SELECT (SELECT COUNT(*)" LK__SQL_LIVE_USERS ") + (SELECT COUNT(*)" LK__SQL_LIVE_GROUPS ")"
/* former: what becomes of the former columns. */
#define LK__SQL_BURY(table, former)                                             \
    "UPDATE " table " SET deleted = 1, version_ms = $2, version_id = $3" former \
    " WHERE id = $1 AND (version_ms, version_id) < ($2, $3)"

#endif
