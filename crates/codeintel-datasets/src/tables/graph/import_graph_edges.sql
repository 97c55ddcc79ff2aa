    -- The package of what comes from outside: the shortest name that is no namespace of the repository's own.
    prefixes AS (
        SELECT base, parts, unnest(range(1, len(parts) + 1)) AS i
        FROM (SELECT DISTINCT base, string_split(base, '.') AS parts FROM imports WHERE is_external)),
    outside AS (
        SELECT base, array_to_string(parts[:coalesce(max(i) FILTER (name IS NOT NULL), 0) + 1], '.') AS package
        FROM prefixes LEFT JOIN namespaces ON name = array_to_string(parts[:i], '.') GROUP BY base, parts)
SELECT rel_path, module, target_path, coalesce(found_module, outside.package) AS target_module,
    CASE WHEN is_star THEN '*' ELSE imported_name END AS name, lineno, is_type_checking
FROM imports LEFT JOIN outside ON is_external AND outside.base = imports.base
WHERE target_path IS NOT NULL OR is_external
