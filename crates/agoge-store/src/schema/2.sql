-- Live recordings: what arrived of them so far, part by part.
CREATE TABLE live (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    athlete INTEGER NOT NULL REFERENCES athletes ON DELETE CASCADE,
    day TEXT NOT NULL,
    begun_unix_s INTEGER NOT NULL,
    head TEXT NOT NULL
) STRICT;
CREATE INDEX live_of_athlete ON live (athlete);

CREATE TABLE live_parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    live INTEGER NOT NULL REFERENCES live ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX live_parts_of_live ON live_parts (live);
