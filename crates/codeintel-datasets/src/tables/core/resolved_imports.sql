WITH files AS {files},
    -- The file behind a name in each source root: sources before stubs, packages before modules.
    modules AS (
        SELECT snapshot_id, root, module, arg_min(rel_path, (is_stub, NOT is_package, rel_path)) AS path
        FROM files GROUP BY ALL),
    -- The deepest source root first, as the resolver of references has it.
    anywhere AS (
        SELECT snapshot_id, module,
            arg_min(path, (CASE WHEN root = '' THEN 0 ELSE -len(string_split(root, '/')) END, root)) AS path
        FROM modules GROUP BY ALL),
    -- Names of packages, those without a file of their own included.
    namespaces AS (
        SELECT DISTINCT snapshot_id, array_to_string(parts[:i], '.') AS name
        FROM (SELECT snapshot_id, string_split(module, '.') AS parts, unnest(range(1, len(parts))) AS i FROM files)),
    packages AS (
        SELECT *, CASE WHEN module = '__init__' THEN [] WHEN is_package THEN string_split(module, '.')
                       ELSE string_split(module, '.')[:-2] END AS package
        FROM files),
    -- The module that a statement names, as an absolute name. That of the repository's root, if it is a package, is empty.
    absolute AS (
        SELECT f.*, t.* EXCLUDE (content_id),
            CASE WHEN level = 0 THEN imported_module
                 WHEN level <= len(package) + 1 THEN concat_ws(
                     '.', nullif(array_to_string(package[:len(package) + 1 - level], '.'), ''), imported_module)
            END AS base
        FROM packages f JOIN store.imports t USING (content_id)),
    -- A name is that of a module (`first`) or one in a module (`second`). A file that is in no package may find both in its `folder`.
    named AS (
        SELECT *,
            CASE WHEN imported_name IS NULL THEN base ELSE concat_ws('.', nullif(base, ''), imported_name) END AS first,
            CASE WHEN imported_name IS NOT NULL THEN coalesce(nullif(base, ''), '__init__')
                 WHEN NOT is_star THEN nullif(array_to_string(string_split(base, '.')[:-2], '.'), '') END AS second,
            CASE WHEN level = 0 AND NOT is_package THEN nullif(array_to_string(package, '.'), '') END AS folder
        FROM absolute),
    -- All that is looked up, so that the joins below have no other conditions than equal keys and are hash joins.
    keyed AS (
        SELECT n.*,
            CASE WHEN level = 0 THEN first END AS first_anywhere,
            CASE WHEN level = 0 THEN second END AS second_anywhere,
            CASE WHEN around.path IS NULL THEN n.folder || '.' || n.first END AS first_near,
            CASE WHEN around.path IS NULL THEN n.folder || '.' || n.second END AS second_near,
            split_part(n.base, '.', 1) AS top
        FROM named n LEFT JOIN modules around
            ON around.snapshot_id = n.snapshot_id AND around.root = n.root AND around.module = n.folder),
    -- In the source root that holds the file, then in all of them, then in the folder.
    imports AS (
        SELECT n.*,
            coalesce(own1.path, own2.path, any1.path, any2.path, near1.path, near2.path) AS target_path,
            coalesce(own1.module, own2.module, any1.module, any2.module, near1.module, near2.module) AS found_module,
            n.level = 0 AND target_path IS NULL AND top.path IS NULL AND namespaces.name IS NULL AS is_external
        FROM keyed n
        LEFT JOIN modules own1
            ON own1.snapshot_id = n.snapshot_id AND own1.root = n.root AND own1.module = n.first
        LEFT JOIN modules own2
            ON own2.snapshot_id = n.snapshot_id AND own2.root = n.root AND own2.module = n.second
        LEFT JOIN anywhere any1 ON any1.snapshot_id = n.snapshot_id AND any1.module = n.first_anywhere
        LEFT JOIN anywhere any2 ON any2.snapshot_id = n.snapshot_id AND any2.module = n.second_anywhere
        LEFT JOIN modules near1
            ON near1.snapshot_id = n.snapshot_id AND near1.root = n.root AND near1.module = n.first_near
        LEFT JOIN modules near2
            ON near2.snapshot_id = n.snapshot_id AND near2.root = n.root AND near2.module = n.second_near
        LEFT JOIN anywhere top ON top.snapshot_id = n.snapshot_id AND top.module = n.top
        LEFT JOIN namespaces ON namespaces.snapshot_id = n.snapshot_id AND namespaces.name = n.base)
