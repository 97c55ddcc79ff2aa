#!/usr/bin/env python3
"""What DuckDB itself needs to write the facts of a database: python raw_append.py DATABASE

Copies the tables of facts into a new file in one process and prints CPU seconds, rows and bytes as JSON.
"""
import json
import os
import sys
import tempfile
import time

import duckdb

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "copy.duckdb")
    connection = duckdb.connect(path)
    connection.execute(f"ATTACH '{sys.argv[1]}' AS source (READ_ONLY)")
    tables = [name for (name,) in connection.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'source' AND schema_name = 'store'"
        " AND column_name = 'content_id' AND table_name NOT IN ('contents', 'files', 'ledger')").fetchall()]
    data = {name: connection.execute(f"SELECT * FROM source.store.{name}").to_arrow_table() for name in tables}
    begun = time.process_time()
    for name, rows in data.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
    connection.execute("CHECKPOINT")
    seconds = time.process_time() - begun
    connection.close()
    print(json.dumps({"cpu": seconds, "rows": sum(map(len, data.values())), "bytes": os.path.getsize(path)}))
