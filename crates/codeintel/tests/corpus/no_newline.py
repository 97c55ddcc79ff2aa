if x: y;
