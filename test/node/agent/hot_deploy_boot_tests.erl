-module(hot_deploy_boot_tests).
-include_lib("eunit/include/eunit.hrl").

a_release_boots_and_is_known_with_a_directory_of_another_name_test() ->
    Release = string:trim(os:cmd("mktemp -d")),
    Rel = {release, {"shop", "2"}, {erts, "13"}, [{kernel, "8.5"}, {dep, "1.0"}, {dep_more, "1.0", temporary}]},
    ok = file:write_file(filename:join(Release, "shop.rel"), io_lib:format("~p.~n", [Rel])),
    Path = fun(Dep) -> {path, ["$ROOT/lib/kernel-8.5/ebin", "$RELEASE_LIB/" ++ Dep ++ "/ebin", "$ROOT/lib/dep_more-1.0/ebin"]} end,
    Load = {apply, {application, load, [{application, dep, [{vsn, "1.0"}]}]}},
    ok = file:write_file(filename:join(Release, "start.boot"), term_to_binary({script, {"shop", "2"}, [Path("dep-1.0"), Load]})),
    try
        [#{file := Boot, content := Script}, #{file := <<"hot-deploy.rel">>, content := Written}] =
            hot_deploy_boot:moved(#{directory => Release, name => "shop", moved => [{dep, "dep-1.0", "dep-1.0+A"}]}),
        ?assertEqual(<<"start.boot">>, Boot),
        ?assertEqual({script, {"shop", "2"}, [Path("dep-1.0+A"), Load]}, binary_to_term(base64:decode(Script))),
        ?assertEqual("dep-1.0", hot_deploy_boot:directory(Release, dep, "1.0")),
        ok = file:write_file(filename:join(Release, "hot-deploy.rel"), base64:decode(Written)),
        ?assertEqual({ok, [setelement(4, Rel, [{kernel, "8.5"}, {dep, "1.0+A"}, {dep_more, "1.0", temporary}])]},
                     file:consult(filename:join(Release, "hot-deploy.rel"))),
        ?assertEqual("dep-1.0+A", hot_deploy_boot:directory(Release, dep, "1.0")),
        ?assertEqual("dep_more-1.0", hot_deploy_boot:directory(Release, dep_more, "1.0"))
    after
        file:del_dir_r(Release)
    end.
