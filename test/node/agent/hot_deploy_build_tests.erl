-module(hot_deploy_build_tests).
-include_lib("eunit/include/eunit.hrl").

-define(TO, "1.0+hot.0123456789ab").

copied(Files, Check) ->
    Root = string:trim(os:cmd("mktemp -d")),
    try
        [begin
             File = filename:join(Root, Path),
             ok = filelib:ensure_dir(File),
             ok = file:write_file(File, Content)
         end || {Path, Content} <- Files],
        Answer = hot_deploy_build:copy(#{root => Root, from => "1.0", to => ?TO}),
        Check(fun(Path) -> {ok, Read} = file:read_file(filename:join(Root, Path)), Read end, Answer, Root)
    after
        file:del_dir_r(Root)
    end.

own(File) -> filename:join(["releases", ?TO, File]).

what_names_the_version_names_the_other_test() ->
    Script = fun(Version) -> {script, {"shop", Version}, [{path, ["$RELEASE_LIB/../releases/" ++ Version ++ "/consolidated", "$ROOT/lib/shop-1.0/ebin"]}]} end,
    Rel = fun(Version) -> {release, {"shop", Version}, {erts, "13"}, [{shop, "1.0"}]} end,
    Text = fun(Term) -> io_lib:format("~p.~n", [Term]) end,
    copied([
        {"releases/1.0/shop.rel", Text(Rel("1.0"))}, {"releases/1.0/start.boot", term_to_binary(Script("1.0"))},
        {"releases/1.0/start.script", Text(Script("1.0"))}, {"releases/1.0/env.sh", "A=releases/1.0/a B=releases/1.0.1/b C=1.0\n"}
    ], fun(Read, _, Root) ->
        ?assertEqual({ok, [Rel(?TO)]}, file:consult(filename:join(Root, own("shop.rel")))),
        ?assertEqual(Script(?TO), binary_to_term(Read(own("start.boot")))),
        ?assertEqual({ok, [Script(?TO)]}, file:consult(filename:join(Root, own("start.script")))),
        ?assertEqual(<<"A=releases/", ?TO, "/a B=releases/1.0.1/b C=1.0\n">>, Read(own("env.sh"))),
        ?assertEqual(Script("1.0"), binary_to_term(Read("releases/1.0/start.boot")))
    end).

a_path_is_found_in_the_bytes_of_a_configuration_test() ->
    Config = fun(Version) ->
        [{shop, [{path, {system, <<"ROOT">>, <<"/releases/", Version/binary, "/runtime.exs">>}}, {other, "x/releases/" ++ binary_to_list(Version) ++ "/y"},
                 {map, #{a => [1 | <<"1.0">>]}}]}]
    end,
    Written = fun(Term) -> ["%% coding: utf-8\n%% RUNTIME_CONFIG=true\n", io_lib:format("~w.~n", [Term])] end,
    copied([{"releases/1.0/sys.config", Written(Config(<<"1.0">>))}, {"releases/1.0/own.config", Written([{shop, [{a, 1}]}])}], fun(Read, _, Root) ->
        ?assertEqual({ok, [Config(<<?TO>>)]}, file:consult(filename:join(Root, own("sys.config")))),
        ?assertMatch({_, _}, binary:match(Read(own("sys.config")), <<"%% RUNTIME_CONFIG=true\n">>)),
        ?assertEqual(Read("releases/1.0/own.config"), Read(own("own.config")))
    end).

a_start_script_of_the_version_comes_along_test() ->
    copied([{"releases/1.0/a", "a"}, {"bin/shop-1.0", "REL_VSN=\"1.0\" OTHER=\"11.0\" AND=1.0.1\n"}, {"bin/shop", "1.0\n"}], fun(Read, Answer, _) ->
        ?assertEqual(#{scripts => 1}, Answer),
        ?assertEqual(<<"REL_VSN=\"", ?TO, "\" OTHER=\"11.0\" AND=1.0.1\n">>, Read("bin/shop-" ++ ?TO)),
        ?assertEqual(<<"1.0\n">>, Read("bin/shop"))
    end).

what_is_no_boot_script_stays_test() ->
    copied([{"releases/1.0/own.boot", "releases/1.0/x"}, {"releases/1.0/other.boot", term_to_binary(hello)}], fun(Read, _, _) ->
        ?assertEqual(<<"releases/1.0/x">>, Read(own("own.boot"))),
        ?assertEqual(hello, binary_to_term(Read(own("other.boot"))))
    end).

what_is_no_text_stays_and_modes_do_too_test() ->
    Beam = <<"FOR1 releases/1.0/x", 0, 255>>,
    copied([{"releases/1.0/consolidated/Elixir.A.beam", Beam}], fun(Read, _, Root) ->
        File = filename:join(Root, own("consolidated/Elixir.A.beam")),
        ?assertEqual(Beam, Read(own("consolidated/Elixir.A.beam"))),
        ok = file:change_mode(filename:join(Root, "releases/1.0/consolidated/Elixir.A.beam"), 8#751),
        hot_deploy_build:copy(#{root => Root, from => "1.0", to => ?TO}),
        {ok, Info} = file:read_file_info(File),
        ?assertEqual(8#751, element(8, Info) band 8#777)
    end).

%% They lie beside an application of that name and version, or alone.
the_protocols_of_a_release_by_distillery_come_along_test() ->
    Files = [{"releases/1.0/libexec/a.sh", "a"}, {"releases/1.0/shop.rel", ""}, {"lib/shop-1.0/ebin/shop.app", "a"}, {"lib/shop-1.0/consolidated/p.beam", "p"}],
    copied(Files, fun(Read, _, Root) ->
        ?assertEqual(<<"p">>, Read("lib/shop-" ?TO "/consolidated/p.beam")),
        ?assertEqual({ok, ["consolidated"]}, file:list_dir(filename:join(Root, "lib/shop-" ?TO))),
        ?assertEqual(filename:join(Root, "lib/shop-" ?TO "/consolidated"), hot_deploy_boot:consolidated(Root, ?TO))
    end),
    copied(tl(Files), fun(_, _, Root) ->
        ?assertEqual({ok, ["shop-1.0"]}, file:list_dir(filename:join(Root, "lib"))),
        ?assertEqual(filename:join(Root, "releases/1.0/consolidated"), hot_deploy_boot:consolidated(Root, "1.0"))
    end).
