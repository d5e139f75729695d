"""The tables of the ledger, as the steps that made them one after the other."""

COUNT_USES = """
    INSERT INTO dataset_use
    SELECT json_extract(item.value, '$.dataset'), substr(json_extract(entry, '$.at'), 1, 10),
        json_extract(entry, '$.act'), json_extract(entry, '$.by'),
        coalesce(json_extract(item.value, '$.decided'), ''),
        count(*), CAST(total(json_extract(entry, '$.rows')) AS INTEGER)
    FROM link, json_each(entry, '$.datasets') AS item
    WHERE chain = 'audit' AND json_extract(entry, '$.by') IS NOT NULL
        AND json_extract(entry, '$.act')
            IN ('query', 'describe', 'search', 'download', 'record', 'consult', 'copy')
    GROUP BY 1, 2, 3, 4, 5
    """
"""Counts the acts of `COUNTED` in the audit trail, by dataset, day, act, party and rule."""

STEPS = (
    """
    CREATE TABLE token (
        id TEXT PRIMARY KEY,
        party TEXT NOT NULL,
        scope TEXT NOT NULL,
        label TEXT NOT NULL,
        purposes TEXT NOT NULL,
        created TEXT NOT NULL,
        expires TEXT NOT NULL,
        revoked TEXT,
        digest BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE contribution (
        dataset TEXT NOT NULL,
        giver TEXT NOT NULL,
        stratum TEXT NOT NULL,
        period TEXT NOT NULL,
        rows INTEGER NOT NULL,
        persons INTEGER,
        score REAL,
        given TEXT NOT NULL,
        until TEXT NOT NULL,
        ended TEXT,
        PRIMARY KEY (giver, dataset, stratum, period, given)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE counted (dataset TEXT PRIMARY KEY, basis TEXT NOT NULL) STRICT",
    """
    CREATE TABLE link (
        chain TEXT NOT NULL,
        number INTEGER NOT NULL,
        previous TEXT NOT NULL,
        entry TEXT NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (chain, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE forgotten (
        chain TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        hash TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE intent (
        graph TEXT PRIMARY KEY,
        told TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE backup (
        folder TEXT PRIMARY KEY,
        made TEXT NOT NULL,
        graphs TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE judgement (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        here TEXT NOT NULL,
        there TEXT NOT NULL,
        here_graph TEXT NOT NULL,
        there_graph TEXT NOT NULL,
        decision TEXT NOT NULL,
        author TEXT NOT NULL,
        rule TEXT,
        at TEXT NOT NULL,
        grounds TEXT NOT NULL,
        score REAL,
        undoes INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE deposit (
        id TEXT PRIMARY KEY,
        dataset TEXT NOT NULL,
        party TEXT NOT NULL,
        file TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        given TEXT NOT NULL,
        until TEXT NOT NULL,
        state TEXT NOT NULL,
        decided TEXT,
        "by" TEXT,
        reason TEXT NOT NULL,
        facts TEXT NOT NULL,
        waits TEXT NOT NULL
    ) STRICT
    """,
    "ALTER TABLE contribution ADD COLUMN lacks TEXT NOT NULL DEFAULT 'weighed'",
    """
    CREATE TABLE performance (
        dataset TEXT NOT NULL,
        performance TEXT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (dataset, performance)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE box_office (
        dataset TEXT NOT NULL,
        performance TEXT NOT NULL,
        price TEXT NOT NULL,
        channel TEXT NOT NULL,
        day TEXT NOT NULL,
        figures TEXT NOT NULL,
        PRIMARY KEY (dataset, performance, price, channel, day)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE short_link (
        id TEXT PRIMARY KEY,
        query TEXT NOT NULL,
        day TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE text_change (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        party TEXT,
        role TEXT NOT NULL,
        person TEXT,
        reason TEXT NOT NULL,
        undoes INTEGER,
        done INTEGER NOT NULL,
        revision TEXT
    ) STRICT
    """,
    """
    CREATE TABLE changed_text (
        change INTEGER NOT NULL,
        path TEXT NOT NULL,
        before TEXT,
        after TEXT,
        PRIMARY KEY (change, path)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE job (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        arguments TEXT NOT NULL,
        state TEXT NOT NULL,
        author TEXT NOT NULL,
        created TEXT NOT NULL,
        started TEXT,
        ended TEXT,
        step TEXT,
        fraction REAL,
        log TEXT NOT NULL,
        problems TEXT NOT NULL,
        result TEXT
    ) STRICT
    """,
    """
    CREATE TABLE person (
        pseudonym TEXT PRIMARY KEY,
        party TEXT NOT NULL,
        third_party INTEGER NOT NULL,
        role TEXT NOT NULL,
        purposes TEXT NOT NULL,
        created TEXT NOT NULL,
        ended TEXT
    ) STRICT
    """,
    """
    CREATE TABLE person_details (
        person TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        language TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE invitation (
        id TEXT PRIMARY KEY,
        party TEXT NOT NULL,
        third_party INTEGER NOT NULL,
        role TEXT NOT NULL,
        purposes TEXT NOT NULL,
        created TEXT NOT NULL,
        expires TEXT NOT NULL,
        ended TEXT,
        digest BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE passkey (
        id TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        public_key BLOB NOT NULL,
        sign_count INTEGER NOT NULL,
        label TEXT NOT NULL,
        created TEXT NOT NULL,
        used TEXT
    ) STRICT
    """,
    """
    CREATE TABLE oidc_subject (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        person TEXT NOT NULL,
        PRIMARY KEY (issuer, subject)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE session (
        id TEXT PRIMARY KEY,
        person TEXT,
        token TEXT,
        browser TEXT NOT NULL,
        created TEXT NOT NULL,
        seen TEXT NOT NULL,
        expires TEXT NOT NULL,
        ended TEXT,
        digest BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE spent_challenge (
        digest BLOB PRIMARY KEY,
        until TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE access_request (
        id TEXT PRIMARY KEY,
        requester TEXT NOT NULL,
        owner TEXT NOT NULL,
        subject TEXT NOT NULL,
        title TEXT NOT NULL,
        purpose TEXT NOT NULL,
        until TEXT NOT NULL,
        message TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL,
        since TEXT NOT NULL,
        due TEXT,
        offer TEXT,
        reason TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE request_change (
        request TEXT NOT NULL,
        number INTEGER NOT NULL,
        at TEXT NOT NULL,
        act TEXT NOT NULL,
        party TEXT,
        role TEXT NOT NULL,
        person TEXT,
        facts TEXT NOT NULL,
        PRIMARY KEY (request, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE standing_offer (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        dataset TEXT NOT NULL,
        audience TEXT NOT NULL,
        purposes TEXT NOT NULL,
        days INTEGER NOT NULL,
        created TEXT NOT NULL,
        ended TEXT
    ) STRICT
    """,
    """
    CREATE TABLE notice (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        party TEXT NOT NULL,
        person TEXT NOT NULL,
        facts TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX notice_of_person ON notice (person, at)",
    """
    CREATE TABLE delivery (
        notice TEXT NOT NULL,
        channel TEXT NOT NULL,
        due TEXT NOT NULL,
        batch TEXT,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL,
        error TEXT NOT NULL,
        done TEXT,
        PRIMARY KEY (notice, channel)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX waiting_delivery ON delivery (state, due)",
    """
    CREATE TABLE notice_preferences (
        person TEXT PRIMARY KEY,
        timings TEXT NOT NULL,
        working_days INTEGER NOT NULL,
        webhook TEXT NOT NULL,
        secret TEXT NOT NULL,
        feed INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE dataset_use (
        dataset TEXT NOT NULL,
        day TEXT NOT NULL,
        act TEXT NOT NULL,
        party TEXT NOT NULL,
        decided TEXT NOT NULL,
        requests INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        PRIMARY KEY (dataset, day, act, party, decided)
    ) STRICT, WITHOUT ROWID
    """,
    COUNT_USES,
    """
    CREATE TABLE law25_file (
        request TEXT PRIMARY KEY,
        answers TEXT NOT NULL,
        dates TEXT NOT NULL,
        assessment TEXT NOT NULL,
        sha256 TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE saved_query (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        public INTEGER NOT NULL,
        question TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX saved_query_of_owner ON saved_query (owner)",
    """
    CREATE TABLE saved_query_version (
        saved TEXT NOT NULL,
        number INTEGER NOT NULL,
        title TEXT NOT NULL,
        query TEXT NOT NULL,
        generation INTEGER,
        at TEXT NOT NULL,
        PRIMARY KEY (saved, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE people_round (
        project TEXT NOT NULL,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        parties TEXT NOT NULL,
        epsilon TEXT NOT NULL,
        public INTEGER NOT NULL,
        period TEXT NOT NULL,
        purpose TEXT NOT NULL,
        opened TEXT NOT NULL,
        year INTEGER NOT NULL,
        spent TEXT,
        result TEXT,
        published TEXT,
        reason TEXT NOT NULL,
        PRIMARY KEY (project, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE people_message (
        project TEXT NOT NULL,
        number INTEGER NOT NULL,
        party TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        received TEXT NOT NULL,
        destroyed TEXT,
        PRIMARY KEY (project, number, party)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE release_question (
        id TEXT PRIMARY KEY,
        party TEXT NOT NULL,
        person TEXT,
        query TEXT NOT NULL,
        purpose TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL,
        since TEXT NOT NULL,
        reason TEXT NOT NULL,
        number INTEGER,
        published TEXT
    ) STRICT
    """,
    """
    CREATE TABLE release_preview (
        question TEXT PRIMARY KEY,
        preview TEXT NOT NULL
    ) STRICT
    """,
    "ALTER TABLE people_round ADD COLUMN ended TEXT",
    """
    UPDATE people_round SET ended = opened
    WHERE state NOT IN ('open', 'merging', 'estimated')
    """,
)
"""Migrations: what each version of the schema adds to the one before; a step never changes."""
