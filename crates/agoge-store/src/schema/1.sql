-- AUTOINCREMENT: a number is never given twice, so that what remembers one never means somebody else.
CREATE TABLE athletes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE, -- the name in small letters: folders of some systems know no capitals
    note TEXT NOT NULL,
    added_unix_s INTEGER NOT NULL
) STRICT;

CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    athlete INTEGER NOT NULL REFERENCES athletes ON DELETE CASCADE,
    day TEXT NOT NULL,
    purpose TEXT NOT NULL,
    given INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX consents_of_athlete ON consents (athlete);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    athlete INTEGER NOT NULL REFERENCES athletes ON DELETE CASCADE,
    day TEXT NOT NULL,
    note TEXT NOT NULL,
    UNIQUE (athlete, day)
) STRICT;

CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    hash TEXT NOT NULL, -- SHA-256 of recordings/HA/HASH.parquet
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    frames INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    added_unix_s INTEGER NOT NULL
) STRICT;
CREATE INDEX recordings_of_session ON recordings (session);
CREATE INDEX recordings_by_hash ON recordings (hash);

-- What lists show; the whole analysis and its options are kept apart, so that lists do not read over it.
CREATE TABLE analyses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    made_unix_s INTEGER NOT NULL,
    program TEXT NOT NULL,
    model TEXT,
    movement TEXT NOT NULL,
    score REAL,
    verdict TEXT NOT NULL,
    repetitions INTEGER NOT NULL,
    finding TEXT
) STRICT;
CREATE INDEX analyses_of_recording ON analyses (recording);

CREATE TABLE documents (
    analysis INTEGER PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
    options TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;

CREATE TABLE labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    other INTEGER REFERENCES recordings ON DELETE CASCADE,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    author TEXT NOT NULL,
    made_unix_s INTEGER NOT NULL
) STRICT;
CREATE INDEX labels_of_recording ON labels (recording);
CREATE INDEX labels_of_other ON labels (other);
CREATE INDEX labels_of_kind ON labels (kind);

CREATE TABLE plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    athlete INTEGER NOT NULL REFERENCES athletes ON DELETE CASCADE,
    day TEXT NOT NULL,
    made_unix_s INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX plans_of_athlete ON plans (athlete, day);

-- What deletions have yet to remove (delete.rs).
CREATE TABLE removals (hash TEXT, name TEXT) STRICT;
