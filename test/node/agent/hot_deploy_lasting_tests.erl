-module(hot_deploy_lasting_tests).
-include_lib("eunit/include/eunit.hrl").

%% A release that boots, with the directories of the application's next version beside those of this one.
release(Test) ->
    {timeout, 120, fun() ->
        Root = string:trim(os:cmd("mktemp -d")),
        try
            {Old, New} = hot_deploy_shop:versions(),
            From = hot_deploy_shop:release(Root, "shop-1", [{shop_gone, "f() -> 1.\n"} | Old]),
            To = hot_deploy_shop:release(Root, "shop-1+AB", [{shop_added, "f() -> 2.\n"} | New]),
            Directory = filename:join([Root, "releases", "1"]),
            ok = filelib:ensure_dir(filename:join(Directory, "x")),
            Versions = [{Name, element(2, application:get_key(Name, vsn))} || Name <- [kernel, stdlib]],
            Rel = {release, {"shop", "1"}, {erts, erlang:system_info(version)}, Versions ++ [{shop, "1"}]},
            ok = file:write_file(filename:join(Directory, "shop.rel"), io_lib:format("~p.~n", [Rel])),
            {ok, _, []} = systools:make_script(filename:join(Directory, "shop"), [{path, [From]}, {outdir, Directory}, local, silent, no_warn_sasl]),
            [ok = file:rename(filename:join(Directory, "shop" ++ Kind), filename:join(Directory, "start" ++ Kind)) || Kind <- [".boot", ".script"]],
            Test(Directory, From, To)
        after
            file:del_dir_r(Root)
        end
    end}.

%% What a start of it runs.
booted(Directory, Ask) ->
    hot_deploy_shop:node(["-mode", "embedded", "-boot", filename:join(Directory, "start")],
                         fun(Peer) -> Ask(fun(Call) -> hot_deploy_shop:on(Peer, Call) end) end).

runs(Directory) ->
    booted(Directory, fun(On) ->
        {filename:basename(On({code, lib_dir, [shop]})), element(2, On({application, get_key, [shop, vsn]})),
         [Module || Module <- [shop_added, shop_gone, shop_server], On({erlang, module_loaded, [Module]})]}
    end).

-define(OLD, {"shop-1", "1", [shop_gone, shop_server]}).
-define(NEW, {"shop-1+AB", "1+AB", [shop_added, shop_server]}).

one_rename_makes_a_restart_boot_the_new_code_and_one_the_old_test_() ->
    release(fun(Directory, From, To) ->
        ?assertEqual(?OLD, runs(Directory)),
        #{parts := Parts} = Up = hot_deploy_shop:request(From, To),
        Request = #{id => "hd-1", parts => Parts},
        booted(Directory, fun(On) ->
            Lasting = fun(Step) -> On({hot_deploy_lasting, Step, [Request]}) end,
            ?assertMatch(#{result := prepared, boots := from}, Lasting(prepare)),
            ?assertMatch(#{result := applied}, On({hot_deploy_modules, apply, [Up]})),
            %% It would boot the old code still.
            ?assertEqual(?OLD, runs(Directory)),
            ?assertMatch(#{result := permanent, boots := to}, Lasting(commit)),
            ?assertMatch(#{result := permanent, boots := to}, Lasting(commit)),
            ?assertEqual("shop-1+AB", hot_deploy_boot:directory(Directory, shop, "1"))
        end),
        ?assertEqual(?NEW, runs(Directory)),
        %% A later start knows the way back as well.
        booted(Directory, fun(On) ->
            ?assertMatch(#{result := applied}, On({hot_deploy_modules, apply, [hot_deploy_shop:request(To, From, down)]})),
            ?assertMatch(#{result := reverted, boots := from}, On({hot_deploy_lasting, revert, [Request]})),
            ?assertMatch(#{result := reverted, boots := from}, On({hot_deploy_lasting, revert, [Request]}))
        end),
        ?assertEqual(?OLD, runs(Directory)),
        ?assertEqual(["shop.rel", "start.boot", "start.script"], lists:sort(element(2, file:list_dir(Directory))))
    end).

a_commit_without_its_files_is_refused_test_() ->
    release(fun(Directory, From, To) ->
        #{parts := Parts} = hot_deploy_shop:request(From, To),
        booted(Directory, fun(On) ->
            ?assertMatch(#{result := refused, boots := from}, On({hot_deploy_lasting, commit, [#{id => "hd-1", parts => Parts}]}))
        end),
        ?assertEqual(?OLD, runs(Directory))
    end).

consolidated_protocols_have_a_directory_of_their_own_test() ->
    Script = {script, {"shop", "1"}, [{path, ["$RELEASE_LIB/../releases/1/consolidated", "$RELEASE_LIB/shop-1/ebin"]}, {primLoad, [gone, kept]}]},
    ?assertEqual(
        {script, {"shop", "1"}, [{path, ["$RELEASE_LIB/../releases/1/consolidated+AB", "$RELEASE_LIB/shop-1+AB/ebin"]}, {primLoad, [come, kept]}]},
        hot_deploy_boot:script(Script, [{none, "consolidated", "consolidated+AB"}, {shop, "shop-1", "shop-1+AB"}], #{shop => {shop, [gone], [come]}})
    ).
