/* Every statement of the mirror, in the words that SQLite and PostgreSQL share. */
#ifndef LK_MIRROR_SQL_H
#define LK_MIRROR_SQL_H

/* ---- Events ---- */

/* No row: the id is known. */
#define LK__SQL_ADD_EVENT                                                                       \
    "INSERT INTO event (id, type, created_at_ms, learned_at_ms, organization_id, directory_id," \
    " subject) VALUES ($1, $2, $3, $4, $5, $6, $7)"                                             \
    " ON CONFLICT (id) DO NOTHING RETURNING sequence"
#define LK__SQL_ADD_BODY "INSERT INTO event_body (sequence, json) VALUES ($1, $2)"
#define LK__SQL_PARK     "INSERT INTO parked (sequence, reason) VALUES ($1, $2)"

#define LK__SQL_EVENT_PLACE "SELECT sequence, created_at_ms FROM event WHERE id = $1"
/* LEFT JOIN, since each event has a body: it keeps the planner from starting with the bodies. */
#define LK__SQL_EVENTS                                                                     \
    "SELECT e.sequence, e.id, e.type, e.created_at_ms, e.organization_id, e.directory_id," \
    " e.subject, b.json FROM event e LEFT JOIN event_body b ON b.sequence = e.sequence WHERE TRUE"
#define LK__SQL_COUNT_EVENTS \
    "SELECT COUNT(*) FROM event e LEFT JOIN event_body b ON b.sequence = e.sequence WHERE TRUE"

/* ---- Registers: the newer event wins ---- */

#define LK__SQL_NEWER(table)                                                            \
    " WHERE (excluded.version_ms, excluded.version_id) > (" table ".version_ms, " table \
    ".version_id)"
#define LK__SQL_KILL(table)                                                  \
    "UPDATE " table " SET killed_ms = $2, killed_id = $3 WHERE id = $1 AND " \
    "((killed_ms, killed_id) >= ($2, $3)) IS NOT TRUE"

#define LK__SQL_PUT_DIRECTORY                                                          \
    "INSERT INTO directory (id, organization_id, name, type, state, created_at_ms,"    \
    " updated_at_ms, deleted, version_ms, version_id)"                                 \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"                                \
    " ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id,"      \
    " name = excluded.name, type = excluded.type, state = excluded.state,"             \
    " created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms," \
    " deleted = excluded.deleted, version_ms = excluded.version_ms,"                   \
    " version_id = excluded.version_id" LK__SQL_NEWER("directory")

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
    " version_id = excluded.version_id, json = excluded.json" LK__SQL_NEWER("directory_user")

#define LK__SQL_PUT_GROUP                                                           \
    "INSERT INTO directory_group (id, directory_id, organization_id, idp_id, name," \
    " created_at_ms, updated_at_ms, deleted, version_ms, version_id, json)"         \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"                        \
    " ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id,"         \
    " organization_id = excluded.organization_id, idp_id = excluded.idp_id,"        \
    " name = excluded.name, created_at_ms = excluded.created_at_ms,"                \
    " updated_at_ms = excluded.updated_at_ms, deleted = excluded.deleted,"          \
    " version_ms = excluded.version_ms, version_id = excluded.version_id,"          \
    " json = excluded.json" LK__SQL_NEWER("directory_group")

#define LK__SQL_PUT_MEMBERSHIP                                                                  \
    "INSERT INTO membership (group_id, user_id, directory_id, deleted, version_ms, version_id)" \
    " VALUES ($1, $2, $3, $4, $5, $6)"                                                          \
    " ON CONFLICT (group_id, user_id) DO UPDATE SET directory_id = excluded.directory_id,"      \
    " deleted = excluded.deleted, version_ms = excluded.version_ms,"                            \
    " version_id = excluded.version_id" LK__SQL_NEWER("membership")

#define LK__SQL_KILL_DIRECTORY LK__SQL_KILL("directory")
#define LK__SQL_KILL_USER      LK__SQL_KILL("directory_user")
#define LK__SQL_KILL_GROUP     LK__SQL_KILL("directory_group")

/* ---- What is live ---- */

/* Not older than the newest deletion of what it hangs on; a missing owner never died. */
#define LK__SQL_OUTLIVES(child, owner)                                                  \
    " AND ((" child ".version_ms, " child ".version_id) < (" owner ".killed_ms, " owner \
    ".killed_id)) IS NOT TRUE"

#define LK__SQL_DIRECTORIES                                                     \
    "SELECT r.id, r.organization_id, r.name, r.type, r.state, r.created_at_ms," \
    " r.updated_at_ms FROM directory r WHERE r.deleted = 0"
#define LK__SQL_LIVE_USERS                                                  \
    " FROM directory_user r LEFT JOIN directory d ON d.id = r.directory_id" \
    " WHERE r.deleted = 0" LK__SQL_OUTLIVES("r", "d")
#define LK__SQL_USERS                                                                  \
    "SELECT r.id, r.directory_id, r.organization_id, r.idp_id, r.email, r.first_name," \
    " r.last_name, r.state, r.role, r.custom_attributes_json, r.created_at_ms,"        \
    " r.updated_at_ms, r.json" LK__SQL_LIVE_USERS
#define LK__SQL_LIVE_GROUPS                                                  \
    " FROM directory_group r LEFT JOIN directory d ON d.id = r.directory_id" \
    " WHERE r.deleted = 0" LK__SQL_OUTLIVES("r", "d")
#define LK__SQL_GROUPS                                                  \
    "SELECT r.id, r.directory_id, r.organization_id, r.idp_id, r.name," \
    " r.created_at_ms, r.updated_at_ms, r.json" LK__SQL_LIVE_GROUPS

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
#define LK__SQL_MEMBERS_OF_GROUP \
    "SELECT m.user_id" LK__SQL_LIVE_MEMBERSHIPS " AND m.group_id = $1 ORDER BY m.user_id"

/* ---- The feed ---- */

#define LK__SQL_FEED \
    "SELECT cursor, cursor_at_ms, polled_at_ms, settled_at_ms FROM feed WHERE name = 'events'"
/* Compare and set: no row when another process moved the cursor meanwhile. */
#define LK__SQL_MOVE_FEED                                                \
    "UPDATE feed SET cursor = $2, cursor_at_ms = $3, polled_at_ms = $4," \
    " settled_at_ms = $5 WHERE name = 'events' AND cursor = $1 RETURNING cursor"
/* The newest event with nothing unseen before it: see sync.c. */
#define LK__SQL_ANCHOR                                                      \
    "SELECT id FROM event WHERE created_at_ms <= $1 OR learned_at_ms <= $2" \
    " ORDER BY created_at_ms DESC, id DESC LIMIT 1"

#define LK__SQL_COUNTS                                                        \
    "SELECT (SELECT COALESCE(MAX(created_at_ms), 0) FROM event),"             \
    " (SELECT COUNT(*) FROM event), (SELECT COUNT(*)" LK__SQL_LIVE_USERS ")," \
    " (SELECT COUNT(*)" LK__SQL_LIVE_GROUPS "),"                              \
    " (SELECT COUNT(*) FROM directory WHERE deleted = 0), (SELECT COUNT(*) FROM parked)"

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
#define LK__SQL_FINISH_LEASE                                                       \
    "UPDATE lease SET ends_at_ms = $3, result = $4 WHERE name = $1 AND fence = $2" \
    " AND result IS NULL RETURNING fence"
#define LK__SQL_FORGET_LEASES "DELETE FROM lease WHERE ends_at_ms <= $1"

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

#endif
